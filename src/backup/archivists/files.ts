import { lstat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { dropBeside, exchange, exchanged, inScratch } from '../../clients/files/exchange.ts';
import { fileFailure } from '../../clients/files/failure.ts';
import { holdFolder, outsideProblem, type FileRoots } from '../../clients/files/held-folder.ts';
import { packTree, unpackInto } from '../../clients/tar/gnu-tar.ts';
import { scanTar } from '../../clients/tar/scan.ts';
import type { BackupFacts } from '../../domain/backup.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Archivist } from '../../domain/ports/backups.ts';
import { sizeOfTree } from './tree-size.ts';

/** Files and folders inside `file_roots`, as tar archives with owner, mode, extended attributes and holes. */
export function filesArchivist(files: FileRoots): Archivist {
  return {
    kind: 'files',
    handles: () => true,
    async examine(path, signal) {
      const outside = outsideProblem(path, files);
      if (outside !== null) return { problems: [outside], bytes: null };
      try {
        await using folder = await holdFolder(dirname(path), files);
        const found = await lstat(folder.at(basename(path)));
        if (!found.isFile() && !found.isDirectory())
          return { problems: [`${path} is a symbolic link or a device; name what it leads to`], bytes: null };
        return { problems: [], bytes: await sizeOfTree(folder.at(basename(path)), signal) };
      } catch (error) {
        return { problems: [messageOf(fileFailure('look at', path, error))], bytes: null };
      }
    },
    dump: (path, sink, signal) => dump(path, files, sink, signal),
    whyNotHere: async (path) => outsideProblem(path, files),
    async restoreBeside(path, source, scratch, signal) {
      return inScratch({ path, scratch }, files, signal, async (folder) => {
        const counting = countIn(path);
        const into = { folder: `/proc/${process.pid}/fd/${folder.handle.fd}`, shown: path, member: null };
        const unpacked = unpackInto(into, counting.through, signal);
        await both(pipeline(source, counting.through, { signal }), unpacked);
        await lstat(folder.at(basename(path))).catch(() => {
          throw new RollbackError(
            'BACKUP_INVALID',
            `what was restored is not ${path}; the copy is of something else`,
          );
        });
        return counting.facts();
      });
    },
    switchTo: (path, scratch, keepAs) => exchange({ path, scratch, keepAs }, files),
    switched: (path, scratch, keepAs) => exchanged({ path, scratch, keepAs }, files),
    drop: (path, which, signal) => dropBeside(path, which, files, signal),
  };
}

async function dump(
  path: string,
  files: FileRoots,
  sink: Writable,
  signal: AbortSignal,
): Promise<BackupFacts> {
  await using folder = await holdFolder(dirname(path), files);
  const counting = countIn(path);
  const tree = { folder: `/proc/${process.pid}/fd/${folder.handle.fd}`, name: basename(path), shown: path };
  await both(packTree(tree, counting.through, signal), pipeline(counting.through, sink, { signal }));
  return counting.facts();
}

/** Counts the files of an archive as it passes. */
export function countIn(name: string): {
  readonly through: ReturnType<typeof scanTar>;
  facts(): BackupFacts;
} {
  let files = 0;
  const through = scanTar({ entry: ({ type }) => (files += type === 'file' ? 1 : 0) });
  const facts = (): BackupFacts => ({
    server: null,
    tool: null,
    schemaVersion: null,
    counts: { [name]: files },
  });
  return { through, facts };
}

/** Waits for both ends of a pipe; the end that failed for a reason of its own is the one that is told of. */
export async function both(first: Promise<void>, second: Promise<void>): Promise<void> {
  const ends = await Promise.allSettled([first, second]);
  const failed = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
  const own = failed.find((error) => error instanceof RollbackError) ?? failed[0];
  if (own !== undefined) throw own;
}
