import { text } from 'node:stream/consumers';
import type { Bucket } from '../clients/s3/bucket.ts';
import { crashPoint } from '../domain/crash-point.ts';
import { RollbackError } from '../domain/errors.ts';
import { isSetId, manifestFile, type SetPlace, type StoredFile } from './set-place.ts';

/**
 * Sets in a bucket, each under `PREFIX/ID/`.
 *
 *   objects without a manifest ─▶ with one ─▶ without one
 *
 * An object is there once its upload has ended, and a set once its manifest is: what stands in the others belongs to
 * nobody and is swept, unfinished uploads included.
 */
export function bucketPlace(bucket: Bucket, prefix: string): SetPlace {
  const at = (id: string, file: string): string => `${prefix}${id}/${file}`;
  const remove = async (id: string): Promise<void> => {
    // Without its manifest it is no set any more, whatever happens to the rest.
    await bucket.remove(at(id, manifestFile), never);
    for (const upload of await bucket.unfinished(at(id, ''), never)) await bucket.abort(upload, never);
    const keys: string[] = [];
    for await (const page of bucket.keys(at(id, ''), never)) keys.push(...page);
    for (const key of keys) {
      crashPoint('effect.call.between');
      await bucket.remove(key, never);
    }
  };
  return {
    shown: `${bucket.shown}/${prefix}`,
    async ids() {
      const held = await setsIn(bucket, prefix);
      return [...held].filter(([, files]) => files.has(manifestFile)).map(([id]) => id);
    },
    async read(id, file) {
      const found = await bucket.read(at(id, file), never);
      return found === null ? null : text(bounded(found, at(id, file)));
    },
    write: (id, file, written) => bucket.write(at(id, file), Buffer.from(written), never),
    draft: (id) =>
      Promise.resolve({
        sink: (file) => Promise.resolve(bucket.upload(at(id, file), never)),
        open: (file) => opened(bucket, at(id, file)),
        write: (file, written) => bucket.write(at(id, file), Buffer.from(written), never),
        publish: (manifest) => bucket.write(at(id, manifestFile), Buffer.from(manifest), never),
        discard: () => remove(id),
      }),
    open: (id, file) => opened(bucket, at(id, file)),
    remove,
    async sweep(underWay) {
      const held = await setsIn(bucket, prefix);
      const left = new Set<string>();
      for (const [id, files] of held) if (!files.has(manifestFile) && !underWay.has(id)) left.add(id);
      for (const upload of await bucket.unfinished(prefix, never)) {
        const id = idIn(upload.key, prefix);
        if (id === null || underWay.has(id)) continue;
        await bucket.abort(upload, never);
        if (held.get(id)?.has(manifestFile) !== true) left.add(id);
      }
      for (const id of left) await remove(id);
      return [...left].toSorted();
    },
    // A bucket has no end that could be asked for.
    free: () => Promise.resolve(null),
  };
}

const never = new AbortController().signal;
/** Manifests name every table of every database, and are far below this. */
const mostTextBytes = 64 * 1024 * 1024;

async function setsIn(bucket: Bucket, prefix: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const held = new Map<string, Set<string>>();
  for await (const keys of bucket.keys(prefix, never))
    for (const key of keys) {
      const id = idIn(key, prefix);
      if (id === null) continue;
      const files = held.get(id) ?? new Set();
      held.set(id, files.add(key.slice(prefix.length + id.length + 1)));
    }
  return held;
}

/** The set that an object belongs to; null: it is somebody else's. */
function idIn(key: string, prefix: string): string | null {
  const id = key.slice(prefix.length).split('/')[0] ?? '';
  return key.startsWith(`${prefix}${id}/`) && isSetId(id) ? id : null;
}

async function opened(bucket: Bucket, key: string): Promise<StoredFile> {
  const found = await bucket.read(key, never);
  if (found !== null) return found;
  throw new RollbackError('NOT_FOUND', `there is no object ${key} in ${bucket.shown}`);
}

function bounded({ stream, bytes }: StoredFile, key: string): StoredFile['stream'] {
  if (bytes > mostTextBytes) {
    stream.destroy();
    throw new RollbackError('BACKUP_INVALID', `${key} has ${bytes} bytes, which no text of a set has`);
  }
  return stream;
}
