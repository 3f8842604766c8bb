import { join } from 'node:path';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Orphan, Orphans } from '../../domain/ports/orphans.ts';
import { everyProcess, programOf, startedWith, statusOf } from './proc.ts';
import { childRecords } from './records.ts';

const lookEveryMs = 100;

/** Finds the children of a killed daemon through their records and /proc. */
export function orphans(options: { readonly clock: Clock; readonly stateDir: string }): Orphans {
  const records = childRecords(join(options.stateDir, 'children'));
  return {
    async find(opId) {
      const record = records.read(opId);
      if (record?.ended === true) return [];
      // A service that the child started inherits its environment; with a record only the child itself counts.
      const candidates = record?.pid ? [record.pid] : await everyProcess();
      const found = await findStartedWith('ROLLBACKD_OP_ID', opId, candidates);
      return found.filter(({ startTicks }) => !record?.startTicks || startTicks === record.startTicks);
    },
    async wait(orphan, deadlineMs, signal) {
      const until = options.clock.now() + deadlineMs;
      while (await runs(orphan)) {
        if (signal.aborted || options.clock.now() >= until) return false;
        await sleep(options.clock, lookEveryMs, signal);
      }
      return true;
    },
  };
}

/** Processes among the candidates that were started with `name=value` in their environment and have not ended. */
export async function findStartedWith(
  name: string,
  value: string,
  candidates: readonly number[],
): Promise<readonly Orphan[]> {
  const found: Orphan[] = [];
  for (const pid of candidates) {
    if (!(await startedWith(pid, name, value))) continue;
    const status = await statusOf(pid);
    if (status === null || status.ended) continue;
    found.push({ pid, startTicks: status.startTicks, program: await programOf(pid) });
  }
  return found;
}

async function runs(orphan: Orphan): Promise<boolean> {
  const status = await statusOf(orphan.pid);
  return status !== null && !status.ended && status.startTicks === orphan.startTicks;
}
