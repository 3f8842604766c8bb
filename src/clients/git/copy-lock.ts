import { rm, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { RollbackError } from '../../domain/errors.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import { SECOND } from '../../domain/time.ts';
import { findStartedWith } from '../process/orphans.ts';
import { everyProcess } from '../process/proc.ts';
import { kindOf, type OwnedCopy } from './own-copy.ts';

/** Whoever works in an index holds it for moments. */
const waitMs = 10 * SECOND;
const lookEveryMs = 200;
const lock = '.git/index.lock';

/** Names the working copy that a git of ours works in, in its environment. */
export const copyMark = 'ROLLBACKD_COPY';

/**
 * Waits until nobody holds the index. A lock that stays is removed where it can only be the one of a git of ours that
 * was killed: this effect had begun at `begunAt` (ms since 1970), the lock is younger, and no git of ours lives.
 *
 * @returns why it cannot be had; null when nobody holds it
 */
export async function waitForIndex(
  copy: OwnedCopy,
  begunAt: number | null,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | null> {
  const until = clock.now() + waitMs;
  while ((await kindOf(copy, lock)) !== null) {
    if (signal.aborted) throw new RollbackError('ABORTED', `interrupted while waiting for ${copy.shown}`);
    if (clock.now() >= until) return overdue(copy, begunAt);
    await sleep(clock, lookEveryMs, signal);
  }
  return null;
}

async function overdue(copy: OwnedCopy, begunAt: number | null): Promise<string | null> {
  const held = `${copy.shown}/${lock} is held by another git; if none runs, remove the file`;
  const [ours] = await findStartedWith(copyMark, copy.shown, await everyProcess());
  if (ours !== undefined)
    return `git of an earlier attempt still works in ${copy.shown}: process ${ours.pid}`;
  const path = join(copy.folder, lock);
  const facts = await lstat(path).catch(() => null);
  if (facts === null) return null;
  if (begunAt === null || facts.mtimeMs < begunAt) return held;
  await rm(path);
  return null;
}
