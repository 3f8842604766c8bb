import { Readable, type Writable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { ObjectStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import { SECOND } from '../../domain/time.ts';
import { bucketFailure, isMissing } from './failure.ts';
import { uploading } from './upload.ts';
import { versionsOf, type ObjectVersions } from './versions.ts';

/** A bucket, as far as rollbackd needs it. Everything rejects with `RollbackError`s. Ends with its disposal. */
export interface Bucket extends ObjectVersions, Disposable {
  /** For people; holds no secret. */
  readonly shown: string;
  /** Whether it keeps the versions of its objects. */
  versioned(signal: AbortSignal): Promise<boolean>;
  /** Every key that begins so, in pages. */
  keys(prefix: string, signal: AbortSignal): AsyncIterable<readonly string[]>;
  /** An object, and how large it is; null when it is not there. */
  read(key: string, signal: AbortSignal): Promise<StoredObject | null>;
  /** Puts a small object, or one in place of it, in one step. */
  write(key: string, content: Buffer, signal: AbortSignal): Promise<void>;
  /** Takes an object away; one that is not there is away already. */
  remove(key: string, signal: AbortSignal): Promise<void>;
  /** A stream into an object, which is there once the stream has ended, and not at all before. */
  upload(key: string, signal: AbortSignal): Writable;
  /** Uploads under these keys that were begun and not ended. */
  unfinished(prefix: string, signal: AbortSignal): Promise<readonly Upload[]>;
  /** Ends one without an object. */
  abort(upload: Upload, signal: AbortSignal): Promise<void>;
}

export interface StoredObject {
  readonly stream: Readable;
  readonly bytes: number;
}

export interface Upload {
  readonly key: string;
  readonly id: string;
}

/** What the calls of a bucket share. */
export interface Asking {
  readonly store: ObjectStore;
  readonly client: S3Client;
  /** Wraps what went wrong. `tried` completes "could not …". */
  readonly ask: <T>(tried: string, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;
}

const connectMs = 5 * SECOND;
const quietMs = 60 * SECOND;

/** Opens a bucket. Asks nothing yet. */
export function openBucket(store: ObjectStore): Bucket {
  const { bucket: Bucket } = store;
  const client = clientOf(store);
  const ask: Asking['ask'] = async (tried, signal, work) => {
    if (signal.aborted)
      throw new RollbackError('ABORTED', `interrupted before it could ${tried} in ${store.name}`);
    try {
      return await work();
    } catch (cause) {
      throw bucketFailure(store, tried, cause, signal);
    }
  };
  const asking: Asking = { store, client, ask };
  return {
    shown: `s3://${Bucket}`,
    ...versionsOf(asking),
    versioned: (signal) =>
      ask('ask whether versions are kept', signal, async () => {
        const answer = new GetBucketVersioningCommand({ Bucket });
        return (await client.send(answer, { abortSignal: signal })).Status === 'Enabled';
      }),
    keys: (prefix, signal) => keys(asking, prefix, signal),
    read: (key, signal) => ask(`read ${key}`, signal, () => read(asking, key, signal)),
    write: (Key, Body, signal) =>
      ask(`write ${Key}`, signal, async () => {
        await client.send(new PutObjectCommand({ Bucket, Key, Body }), { abortSignal: signal });
      }),
    remove: (Key, signal) =>
      ask(`remove ${Key}`, signal, async () => {
        const call = new DeleteObjectCommand({ Bucket, Key });
        await client.send(call, { abortSignal: signal }).catch(unlessMissing);
      }),
    upload: (key, signal) => uploading(asking, key, signal),
    unfinished: (prefix, signal) =>
      ask('list unfinished uploads', signal, () => unfinished(asking, prefix, signal)),
    abort: ({ key: Key, id: UploadId }, signal) =>
      ask(`abort the upload of ${Key}`, signal, async () => {
        const call = new AbortMultipartUploadCommand({ Bucket, Key, UploadId });
        await client.send(call, { abortSignal: signal }).catch(unlessMissing);
      }),
    [Symbol.dispose]: () => client.destroy(),
  };
}

function clientOf({ url, region, accessKey, secretKey, pathStyle }: ObjectStore): S3Client {
  return new S3Client({
    endpoint: url,
    region,
    forcePathStyle: pathStyle,
    credentials: { accessKeyId: accessKey.reveal(), secretAccessKey: secretKey.reveal() },
    // Servers other than Amazon's do not know the newer checksums; sets carry their own.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connectMs, requestTimeout: quietMs, throwOnRequestTimeout: true },
  });
}

async function* keys(
  { store, client, ask }: Asking,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  let token: string | undefined;
  do {
    const call = new ListObjectsV2Command({
      Bucket: store.bucket,
      Prefix: prefix,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await ask('list objects', signal, () => client.send(call, { abortSignal: signal }));
    yield (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
    const next = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    if (next !== undefined && next === token) throw goesRound(store);
    token = next;
  } while (token !== undefined);
}

async function read(
  { store, client }: Asking,
  Key: string,
  signal: AbortSignal,
): Promise<StoredObject | null> {
  const call = new GetObjectCommand({ Bucket: store.bucket, Key });
  const found = await client.send(call, { abortSignal: signal }).catch((cause: unknown) => {
    if (isMissing(cause)) return null;
    throw cause;
  });
  if (found === null) return null;
  if (!(found.Body instanceof Readable) || found.ContentLength === undefined)
    throw new RollbackError('ANSWER_INVALID', `${store.name} gave ${Key} without its length`);
  return { stream: found.Body, bytes: found.ContentLength };
}

async function unfinished(
  { store, client }: Asking,
  Prefix: string,
  signal: AbortSignal,
): Promise<readonly Upload[]> {
  const found: Upload[] = [];
  let after: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
  while (after !== null) {
    const call: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: store.bucket,
      Prefix,
      ...after,
    });
    const page = await client.send(call, { abortSignal: signal });
    for (const { Key, UploadId } of page.Uploads ?? [])
      if (Key !== undefined && UploadId !== undefined) found.push({ key: Key, id: UploadId });
    const { NextKeyMarker: KeyMarker = '', NextUploadIdMarker: UploadIdMarker = '' } = page;
    if (page.IsTruncated === true && KeyMarker === after.KeyMarker && UploadIdMarker === after.UploadIdMarker)
      throw goesRound(store);
    after = page.IsTruncated === true ? { KeyMarker, UploadIdMarker } : null;
  }
  return found;
}

/** Otherwise a listing would never end. */
function goesRound({ name }: ObjectStore): RollbackError {
  return new RollbackError('ANSWER_INVALID', `${name} gives the same page of a listing again and again`);
}

function unlessMissing(cause: unknown): void {
  if (!isMissing(cause)) throw cause;
}
