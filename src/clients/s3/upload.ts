import { Writable } from 'node:stream';
import { callbackify } from 'node:util';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { crashPoint } from '../../domain/crash-point.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Asking } from './bucket.ts';

const mebibyte = 1024 * 1024;
/** S3 takes 10,000 parts of at least 5 MiB: the first thousand are small, so that little is held in memory. */
const smallParts = 1000;

/** How large the nth part of an upload is, counted from 1: together they may be 570 GiB. */
export function partBytes(number: number): number {
  return (number <= smallParts ? 8 : 64) * mebibyte;
}

/** A stream into an object, in parts, one at a time. What fails or is cut off leaves no object. */
export function uploading(asking: Asking, key: string, signal: AbortSignal): Writable {
  const held: Buffer[] = [];
  let heldBytes = 0;
  const upload = severalParts(asking, key, signal);
  const sendFull = async (): Promise<void> => {
    while (heldBytes >= partBytes(upload.next())) {
      const whole = Buffer.concat(held);
      const size = partBytes(upload.next());
      const rest = whole.subarray(size);
      held.splice(0, held.length, rest);
      heldBytes = rest.length;
      await upload.part(whole.subarray(0, size));
    }
  };
  const abortQuietly = async (): Promise<void> => {
    await upload.abort().catch(() => {});
  };
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes < partBytes(upload.next())) done();
      else after(sendFull(), done);
    },
    final: (done) => after(upload.end(Buffer.concat(held)), done),
    // What cannot be aborted now is at the next start.
    destroy: (error, done) => after(abortQuietly(), () => done(error)),
  });
}

/** Streams are told of an end by a call. */
function after(work: Promise<unknown>, done: (error?: Error | null) => void): void {
  callbackify(() => work)((error) => done(error));
}

interface Parts {
  next(): number;
  part(body: Buffer): Promise<void>;
  end(rest: Buffer): Promise<void>;
  abort(): Promise<void>;
}

function severalParts({ store, client, ask }: Asking, Key: string, signal: AbortSignal): Parts {
  const object = { Bucket: store.bucket, Key };
  const done: CompletedPart[] = [];
  let id: string | null = null;
  let ended = false;
  const begun = async (): Promise<string> => {
    if (id !== null) return id;
    const call = new CreateMultipartUploadCommand(object);
    const { UploadId } = await ask(`write ${Key}`, signal, () => client.send(call, { abortSignal: signal }));
    if (UploadId === undefined)
      throw new RollbackError('ANSWER_INVALID', `${store.name} began an upload of ${Key} without an id`);
    id = UploadId;
    crashPoint('effect.call.between');
    return id;
  };
  const part = async (Body: Buffer): Promise<void> => {
    const UploadId = await begun();
    const PartNumber = done.length + 1;
    const call = new UploadPartCommand({ ...object, UploadId, PartNumber, Body });
    const { ETag } = await ask(`write part ${PartNumber} of ${Key}`, signal, () =>
      client.send(call, { abortSignal: signal }),
    );
    done.push({ PartNumber, ...(ETag === undefined ? {} : { ETag }) });
    crashPoint('effect.call.between');
  };
  return {
    next: () => done.length + 1,
    part,
    async end(rest) {
      if (id === null) {
        const call = new PutObjectCommand({ ...object, Body: rest });
        await ask(`write ${Key}`, signal, () => client.send(call, { abortSignal: signal }));
      } else {
        if (rest.length > 0) await part(rest);
        const MultipartUpload = { Parts: done };
        const call = new CompleteMultipartUploadCommand({ ...object, UploadId: id, MultipartUpload });
        await ask(`write ${Key}`, signal, () => client.send(call, { abortSignal: signal }));
      }
      ended = true;
    },
    async abort() {
      if (id === null || ended) return;
      const call = new AbortMultipartUploadCommand({ ...object, UploadId: id });
      id = null;
      await client.send(call);
    },
  };
}
