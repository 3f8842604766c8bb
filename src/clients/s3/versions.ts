import { CopyObjectCommand, DeleteObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { RollbackError } from '../../domain/errors.ts';
import type { Asking } from './bucket.ts';

/** One entry of the history of a key. */
export interface ObjectVersion {
  readonly key: string;
  readonly id: string;
  /** Whether it is what is read now. */
  readonly latest: boolean;
  /** Wall time, epoch ms; servers know whole seconds only. */
  readonly at: number;
  /** null: it says that the object was removed. */
  readonly content: { readonly bytes: number; readonly etag: string } | null;
}

/** The histories of objects. */
export interface ObjectVersions {
  /** Every entry of every key that begins so, in pages; a key may reach over several. */
  versions(prefix: string, signal: AbortSignal): AsyncIterable<readonly ObjectVersion[]>;
  /** Makes an older version the newest one, by a copy over it. */
  bringBack(key: string, version: string, signal: AbortSignal): Promise<void>;
  /** Says that an object is removed; its versions stay. */
  hide(key: string, signal: AbortSignal): Promise<void>;
}

/** The histories of the objects of a bucket. */
export function versionsOf(asking: Asking): ObjectVersions {
  const { store, client, ask } = asking;
  const { bucket: Bucket } = store;
  return {
    versions: (prefix, signal) => pages(asking, prefix, signal),
    bringBack: (Key, version, signal) =>
      ask(`bring a version of ${Key} back`, signal, async () => {
        const from = [Bucket, ...Key.split('/')].map(encodeURIComponent).join('/');
        const CopySource = `${from}?versionId=${encodeURIComponent(version)}`;
        const call = new CopyObjectCommand({ Bucket, Key, CopySource });
        await client.send(call, { abortSignal: signal });
      }),
    hide: (Key, signal) =>
      ask(`hide ${Key}`, signal, async () => {
        await client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal: signal });
      }),
  };
}

async function* pages(
  { store, client, ask }: Asking,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<readonly ObjectVersion[]> {
  let after: { KeyMarker?: string; VersionIdMarker?: string } | null = {};
  while (after !== null) {
    const call: ListObjectVersionsCommand = new ListObjectVersionsCommand({
      Bucket: store.bucket,
      Prefix: prefix,
      ...after,
    });
    const page = await ask('list versions', signal, () => client.send(call, { abortSignal: signal }));
    const entries: ObjectVersion[] = [];
    for (const { Key, VersionId, IsLatest, LastModified, ETag, Size } of page.Versions ?? [])
      if (Key !== undefined && VersionId !== undefined && LastModified !== undefined)
        entries.push({
          key: Key,
          id: VersionId,
          latest: IsLatest === true,
          at: LastModified.getTime(),
          content: { bytes: Size ?? 0, etag: ETag ?? '' },
        });
    for (const { Key, VersionId, IsLatest, LastModified } of page.DeleteMarkers ?? [])
      if (Key !== undefined && VersionId !== undefined && LastModified !== undefined)
        entries.push({
          key: Key,
          id: VersionId,
          latest: IsLatest === true,
          at: LastModified.getTime(),
          content: null,
        });
    yield entries;
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    if (page.IsTruncated !== true) return;
    if (KeyMarker === undefined)
      throw new RollbackError('ANSWER_INVALID', `${store.name} ended a page of versions without a marker`);
    if (KeyMarker === after.KeyMarker && VersionIdMarker === after.VersionIdMarker)
      throw new RollbackError(
        'ANSWER_INVALID',
        `${store.name} gives the same page of versions again and again`,
      );
    after = { KeyMarker, ...(VersionIdMarker === undefined ? {} : { VersionIdMarker }) };
  }
}
