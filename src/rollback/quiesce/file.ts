import { unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileFailure, hasCode } from '../../clients/files/failure.ts';
import { readHeldFile, replaceHeldFile } from '../../clients/files/held-file.ts';
import { holdFolder, outsideProblem, type FileRoots } from '../../clients/files/held-folder.ts';
import { RollbackError } from '../../domain/errors.ts';
import { digest } from '../../domain/json.ts';
import { asShell } from '../drivers/shell-text.ts';
import type { QuiesceOptions } from './options.ts';
import { bySomebody, hasBegun, type Ownership, type Quiescer, type Stand } from './quiescer.ts';

export interface FileParts extends Ownership {
  readonly files: FileRoots;
}

/** Holds writes off by a file that the service looks for. */
export function fileQuiescer(
  { path, content }: NonNullable<QuiesceOptions['file']>,
  parts: FileParts,
): Quiescer {
  const { files } = parts;
  const textFor = (opId: string): string => content ?? `${opId}\n`;
  const look = async (opId: string | null): Promise<Stand> => {
    const found = await contentOf(path, files);
    if (found === null) return { is: 'open' };
    return opId !== null && found === textFor(opId) && (await hasBegun(opId, parts))
      ? { is: 'ours' }
      : bySomebody;
  };
  return {
    where: `the file ${path}`,
    problems: () => [outsideProblem(path, files)].filter((problem) => problem !== null),
    look,
    before: () => Promise.resolve(null),
    async hold(opId) {
      const state = {
        content: Buffer.from(textFor(opId), 'utf8'),
        mode: 0o644,
        uid: process.getuid?.() ?? 0,
        gid: process.getgid?.() ?? 0,
      };
      await replaceHeldFile(path, state, digest(opId).slice(0, 12), files);
      return null;
    },
    async letGo(opId) {
      if ((await look(opId)).is === 'ours') await removed(path, files);
      return null;
    },
    renew: async (opId) =>
      (await look(opId)).is === 'ours'
        ? null
        : `${path} is no longer what this effect wrote; writes may have passed since`,
    byHand: { hold: asShell(['touch', path]), letGo: asShell(['rm', path]) },
  };
}

async function contentOf(path: string, files: FileRoots): Promise<string | null> {
  try {
    return (await readHeldFile(path, files)).content.toString('utf8');
  } catch (error) {
    if (error instanceof RollbackError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

async function removed(path: string, files: FileRoots): Promise<void> {
  await using folder = await holdFolder(dirname(path), files);
  try {
    await unlink(folder.at(basename(path)));
    await folder.handle.sync();
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return;
    throw fileFailure('remove', path, cause);
  }
}
