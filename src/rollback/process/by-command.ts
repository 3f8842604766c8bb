import { messageOf } from '../../domain/errors.ts';
import { SECOND } from '../../domain/time.ts';
import { asShell } from '../drivers/shell-text.ts';
import { ran } from './run.ts';
import type { Service, ServiceParts } from './service.ts';

/** Programs of the plan that do it; without `status` nobody can be asked whether they did. */
export interface ServiceCommands {
  readonly command: readonly string[];
  readonly status: readonly string[] | null;
  readonly start: readonly string[] | null;
}

const askMs = 10 * SECOND;

/** A process that is stopped, restarted and asked about by programs of `allowed_programs`. */
export function commandService(
  { command, status, start }: ServiceCommands,
  withinMs: number,
  { processes }: ServiceParts,
): Service {
  const run = (vector: readonly string[]) => (opId: string, signal: AbortSignal) =>
    ran(vector, { opId, deadlineMs: withinMs }, processes, signal);
  return {
    where: `the process that ${asShell(command)} is for`,
    tells: status !== null,
    async problems() {
      const found: string[] = [];
      for (const [program = ''] of [command, status ?? command, start ?? command])
        await processes.find(program).catch((error: unknown) => found.push(messageOf(error)));
      return [...new Set(found)];
    },
    async look(signal) {
      if (status === null) return { runs: null, why: 'the step states no status' };
      const { exitCode } = await processes.run({ run: status, opId: null, deadlineMs: askMs }, signal);
      if (exitCode === 0) return { runs: true, identity: null };
      if (exitCode === 1 || exitCode === 3) return { runs: false };
      return { runs: null, why: `${asShell(status)} ended with ${exitCode ?? 'a signal'}` };
    },
    stop: (_identity, opId, signal) => run(command)(opId, signal),
    start: start === null ? null : run(start),
    restart: run(command),
    byHand: {
      stop: [asShell(command)],
      start: start === null ? [] : [asShell(start)],
      restart: [asShell(command)],
    },
  };
}
