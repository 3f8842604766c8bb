import {
  lives,
  processOfPidFile,
  signalProcess,
  type NamedProcess,
} from '../../clients/process/named-process.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { sleep } from '../../domain/ports/clock.ts';
import { formatDuration, SECOND } from '../../domain/time.ts';
import { asShell } from '../drivers/shell-text.ts';
import { ran } from './run.ts';
import type { Service, ServiceParts } from './service.ts';

const lookEveryMs = 50;
/** A process that was killed is gone at once, but for one that the kernel itself holds up. */
const killedMs = 5 * SECOND;

/** The process that a pid file names: asked to end, then ended; never one that only has its number. */
export function pidFileService(
  path: string,
  start: readonly string[] | null,
  withinMs: number,
  { processes, clock, hostRoot }: ServiceParts,
): Service {
  const gone = async (one: NamedProcess, forMs: number, signal: AbortSignal): Promise<boolean> => {
    const until = clock.now() + forMs;
    while (await lives(one)) {
      if (signal.aborted)
        throw new RollbackError('ABORTED', `interrupted while process ${one.pid} was ending`);
      if (clock.now() >= until) return false;
      await sleep(clock, lookEveryMs, signal);
    }
    return true;
  };
  const kill = `kill "$(cat ${asShell([path])})"`;
  const byStart = start === null ? [] : [asShell(start)];
  return {
    where: `the process of ${path}`,
    tells: true,
    async problems() {
      try {
        if (start !== null) await processes.find(start[0] ?? '');
        await processOfPidFile(path, hostRoot);
        return [];
      } catch (error) {
        return [messageOf(error)];
      }
    },
    async look() {
      const found = await processOfPidFile(path, hostRoot);
      return found === null ? { runs: false } : { runs: true, identity: identityOf(found) };
    },
    async stop(identity, _opId, signal) {
      const one = processOf(identity);
      if (one === null || !signalProcess(one, 'SIGTERM')) return null;
      if (await gone(one, withinMs, signal)) return null;
      if (!signalProcess(one, 'SIGKILL') || (await gone(one, killedMs, signal))) return null;
      return `process ${one.pid} did not end within ${formatDuration(withinMs)}, nor when it was killed`;
    },
    start:
      start === null ? null : (opId, signal) => ran(start, { opId, deadlineMs: withinMs }, processes, signal),
    restart: null,
    byHand: { stop: [kill], start: byStart, restart: [kill, ...byStart] },
  };
}

function identityOf({ pid, startTicks }: NamedProcess): string {
  return `${pid}@${startTicks}`;
}

function processOf(identity: string | null): NamedProcess | null {
  const [, pid, startTicks] = /^(\d+)@(\d+)$/.exec(identity ?? '') ?? [];
  return pid === undefined ? null : { pid: Number(pid), startTicks: Number(startTicks) };
}
