import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory, writeDurably } from '../clients/files/durably.ts';
import { fileFailure, hasCode } from '../clients/files/failure.ts';
import { crashPoint } from '../domain/crash-point.ts';
import { isSetId, manifestFile, type Draft, type SetPlace, type StoredFile } from './set-place.ts';

const making = '.making-';
const going = '.going-';

/**
 * Sets in a folder of this machine.
 *
 *   .making-ID ─▶ ID without a manifest ─▶ ID with one ─▶ .going-ID
 *
 * Only the third is a set; what stands in the others belongs to nobody and is swept.
 */
export function localPlace(directory: string): SetPlace {
  const at = (...names: string[]): string => join(directory, ...names);
  return {
    shown: directory,
    async ids() {
      const names = (await namesIn(directory)).filter(isSetId);
      const whole = await Promise.all(names.map((name) => isThere(at(name, manifestFile))));
      return names.filter((_, index) => whole[index]);
    },
    read: (id, file) => readText(at(id, file)),
    write: (id, file, text) => writeText(at(id), file, text),
    draft: (id) => draft(directory, id),
    open: (id, file) => openFile(at(id, file)),
    async remove(id) {
      try {
        await rename(at(id), at(going + id));
        crashPoint('effect.call.between');
        await rm(at(going + id), { recursive: true, force: true });
        await syncDirectory(directory);
      } catch (cause) {
        throw fileFailure('remove the backup set', at(id), cause);
      }
    },
    async sweep(underWay) {
      const left: string[] = [];
      for (const name of await namesIn(directory)) {
        const id = name.replace(making, '').replace(going, '');
        if (!isSetId(id) || underWay.has(id)) continue;
        if (name === id && (await isThere(at(name, manifestFile)))) continue;
        await rm(at(name), { recursive: true, force: true });
        left.push(id);
      }
      return left;
    },
    async free() {
      await makeFolder(directory);
      const { bavail, bsize } = await statfs(directory).catch((cause: unknown) => {
        throw fileFailure('look at the room of', directory, cause);
      });
      return bavail * bsize;
    },
  };
}

async function draft(directory: string, id: string): Promise<Draft> {
  const hidden = join(directory, making + id);
  await makeFolder(directory);
  await mkdir(hidden, { mode: 0o700 }).catch((cause: unknown) => {
    throw fileFailure('make the folder', hidden, cause);
  });
  return {
    async sink(file) {
      const path = join(hidden, file);
      const handle = await open(path, 'wx', 0o600).catch((cause: unknown) => {
        throw fileFailure('write', path, cause);
      });
      return createWriteStream(path, { fd: handle, flush: true });
    },
    open: (file) => openFile(join(hidden, file)),
    write: (file, text) => writeText(hidden, file, text),
    async publish(manifest) {
      const shown = join(directory, id);
      try {
        await syncDirectory(hidden);
        crashPoint('effect.call.between');
        await rename(hidden, shown);
        await syncDirectory(directory);
      } catch (cause) {
        throw fileFailure('publish the backup set', shown, cause);
      }
      crashPoint('effect.call.between');
      await writeText(shown, manifestFile, manifest);
    },
    async discard() {
      for (const path of [hidden, join(directory, id)]) await rm(path, { recursive: true, force: true });
    },
  };
}

async function makeFolder(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw fileFailure('make the folder', directory, cause);
  });
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT', 'ENOTDIR')) return [];
    throw fileFailure('list the backup sets in', directory, cause);
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw fileFailure('read', path, cause);
  }
}

async function writeText(folder: string, file: string, text: string): Promise<void> {
  const path = join(folder, file);
  try {
    await writeDurably(path, text, { between: () => crashPoint('effect.call.between') });
  } catch (cause) {
    throw fileFailure('write', path, cause);
  }
}

async function openFile(path: string): Promise<StoredFile> {
  try {
    const handle = await open(path, 'r');
    const { size } = await handle.stat();
    return { stream: createReadStream(path, { fd: handle }), bytes: size };
  } catch (cause) {
    throw fileFailure('read', path, cause);
  }
}
