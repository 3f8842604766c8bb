import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RollbackError } from '../../domain/errors.ts';
import { findStartedWith } from '../process/orphans.ts';
import { everyProcess } from '../process/proc.ts';

/**
 * Removes lock files that a dead git left in a clone of ours. Called while nothing of this daemon works there.
 *
 * Rejects with `UNREACHABLE` when a git of an earlier daemon still works in the clone.
 */
export async function removeStaleLocks(clone: string): Promise<readonly string[]> {
  const locks = await locksIn(clone);
  if (locks.length === 0) return [];
  const [owner] = await findStartedWith('ROLLBACKD_CLONE', clone, await everyProcess());
  if (owner !== undefined)
    throw new RollbackError(
      'UNREACHABLE',
      `process ${owner.pid} (${owner.program}) still works in the clone ${clone}`,
      {
        pid: owner.pid,
      },
    );
  for (const lock of locks) await rm(lock, { force: true });
  return locks;
}

async function locksIn(clone: string): Promise<string[]> {
  const top = (await readdir(clone).catch(() => [])).map((name) => join(clone, name));
  const deep = await Promise.all(['refs', 'worktrees'].map((name) => filesUnder(join(clone, name))));
  return [...top, ...deep.flat()].filter((path) => path.endsWith('.lock'));
}

async function filesUnder(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
