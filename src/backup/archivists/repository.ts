import { lstat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { z } from 'zod';
import { dropBeside, exchange, exchanged, inScratch } from '../../clients/files/exchange.ts';
import { fileFailure } from '../../clients/files/failure.ts';
import { holdFolder, outsideProblem, type FileRoots } from '../../clients/files/held-folder.ts';
import { inOwnedCopy, type OwnedCopy } from '../../clients/git/own-copy.ts';
import {
  captureWork,
  replayWork,
  workingCopyProblem,
  type WorkState,
} from '../../clients/git/working-copy.ts';
import { packTree, unpackInto } from '../../clients/tar/gnu-tar.ts';
import type { BackupFacts } from '../../domain/backup.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Archivist } from '../../domain/ports/backups.ts';
import { both } from './files.ts';

const header = z.strictObject({
  commit: z.string().regex(/^[0-9a-f]{40,64}$/),
  branch: z.string().nullable(),
  tracked: z.number(),
  uncommitted: z.number(),
});

const mostHeader = 64 * 1024;

/**
 * Working copies: one line of JSON with commit and branch, then what is not committed as a patch. The history itself is
 * not copied; a restored working copy is made from the one that is there.
 */
export function repositoryArchivist(files: FileRoots, stateDir: string): Archivist {
  const opened = <T>(path: string, work: (copy: OwnedCopy) => Promise<T>): Promise<T> =>
    inOwnedCopy(path, files, stateDir, work);
  return {
    kind: 'repository',
    handles: () => true,
    async examine(path, signal) {
      const outside = outsideProblem(path, files);
      if (outside !== null) return { problems: [outside], bytes: null };
      try {
        const problem = await opened(path, (copy) => workingCopyProblem(copy, signal));
        return { problems: problem === null ? [] : [problem], bytes: null };
      } catch (error) {
        return { problems: [messageOf(error)], bytes: null };
      }
    },
    dump: (path, sink, signal) =>
      opened(path, async (copy) => {
        await mustBeTrusted(copy, signal);
        return dump(copy, sink, signal);
      }),
    async whyNotHere(path, _facts, signal) {
      const outside = outsideProblem(path, files);
      if (outside !== null) return outside;
      return opened(path, (copy) => workingCopyProblem(copy, signal)).catch(
        (error: unknown) => `${messageOf(error)}; clone it there first, its history is not part of the copy`,
      );
    },
    async restoreBeside(path, source, scratch, signal) {
      const { state, rest } = await stateIn(source, path);
      return inScratch({ path, scratch }, files, signal, async (folder) => {
        const whole = new PassThrough();
        await using above = await holdFolder(dirname(path), files);
        const tree = { folder: fdOf(above), name: basename(path), shown: path };
        const into = { folder: fdOf(folder), shown: path, member: null };
        await both(packTree(tree, whole, signal), unpackInto(into, whole, signal));
        const name = basename(path);
        await lstat(folder.at(name));
        // Whose it is must reach it, and nobody may put anything in its place.
        await folder.handle.chmod(0o711);
        return await inOwnedCopy(`${folder.path}/${name}`, files, stateDir, async (unpacked) => {
          const copy = { ...unpacked, shown: path };
          await mustBeTrusted(copy, signal);
          await replayWork(copy, state, rest, signal);
          const nowhere = new PassThrough();
          nowhere.resume();
          return factsOf(await captureWork(copy, () => nowhere, signal));
        });
      });
    },
    switchTo: (path, scratch, keepAs) => exchange({ path, scratch, keepAs }, files),
    switched: (path, scratch, keepAs) => exchanged({ path, scratch, keepAs }, files),
    drop: (path, which, signal) => dropBeside(path, which, files, signal),
  };
}

function fdOf({ handle }: { readonly handle: { readonly fd: number } }): string {
  return `/proc/${process.pid}/fd/${handle.fd}`;
}

/** What it was when it was examined it need not be any more. */
async function mustBeTrusted(copy: OwnedCopy, signal: AbortSignal): Promise<void> {
  const problem = await workingCopyProblem(copy, signal);
  if (problem !== null) throw new RollbackError('REFUSED', problem, { path: copy.shown });
}

async function dump(copy: OwnedCopy, sink: Writable, signal: AbortSignal): Promise<BackupFacts> {
  const began = (state: WorkState): Writable => {
    sink.write(`${JSON.stringify(state)}\n`);
    return sink;
  };
  const state = await captureWork(copy, began, signal).catch((cause: unknown) => {
    throw fileFailure('copy', copy.shown, cause);
  });
  sink.end();
  return factsOf(state);
}

function factsOf({ commit, tracked, uncommitted }: WorkState): BackupFacts {
  return { server: null, tool: `commit ${commit}`, schemaVersion: null, counts: { tracked, uncommitted } };
}

/** What the first line says, and what follows it. */
async function stateIn(
  source: Readable,
  path: string,
): Promise<{ readonly state: z.output<typeof header>; readonly rest: AsyncIterator<Buffer> }> {
  const invalid = (): RollbackError =>
    new RollbackError('BACKUP_INVALID', `the copy of ${path} is not of a working copy`);
  const chunks = source.iterator() as AsyncIterator<Buffer>;
  let begun = Buffer.alloc(0);
  while (!begun.includes(0x0a)) {
    const next = await chunks.next();
    if (next.done === true || begun.length > mostHeader) throw invalid();
    begun = Buffer.concat([begun, next.value]);
  }
  const end = begun.indexOf(0x0a);
  const state = header.safeParse(parsed(begun.toString('utf8', 0, end)));
  if (!state.success) throw invalid();
  return { state: state.data, rest: withFirst(begun.subarray(end + 1), chunks) };
}

async function* withFirst(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
