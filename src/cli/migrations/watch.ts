import { RollbackError } from '../../domain/errors.ts';
import type { StatusView, TargetView } from '../../domain/ports/daemon.ts';
import { sleep } from '../../domain/ports/clock.ts';
import { formatDuration, SECOND } from '../../domain/time.ts';
import type { CliContext } from '../command.ts';
import { painter } from '../paint.ts';
import { printable } from '../printable.ts';

/** How often the daemon is asked. */
const everyMs = SECOND;

/**
 * Waits for a time in which nothing of a target may breach while its migration goes on.
 *
 * @returns 0 when nothing did, 1 as soon as an incident is open or the migration is over
 */
export async function watchMigration(context: CliContext, target: string, forMs: number): Promise<number> {
  const { clock, progress, signal } = context;
  const until = clock.now() + forMs;
  try {
    for (;;) {
      const problem = problemIn(await context.api().status(), target);
      if (problem !== null) return end(context, target, false, problem);
      const left = until - clock.now();
      if (left <= 0) return end(context, target, true, `nothing breached for ${formatDuration(forMs)}`);
      progress?.(
        `${printable(target)}: nothing breached, ${formatDuration(Math.ceil(left / SECOND) * SECOND)} left`,
      );
      await sleep(clock, Math.min(everyMs, left), signal);
      if (signal.aborted)
        throw new RollbackError('ABORTED', `stopped watching; the migration of ${target} goes on`);
    }
  } finally {
    progress?.('');
  }
}

function problemIn({ targets, open }: StatusView, name: string): string | null {
  const target = targets.find((one) => one.name === name);
  if (target === undefined)
    throw new RollbackError('NOT_FOUND', `there is no target ${name}; \`rollbackd status\` lists them`);
  const incident = open.find(({ id }) => id === target.incident);
  if (incident !== undefined) return `${incident.id} is open: ${incident.reason}`;
  if (target.migration === null)
    return 'no migration goes on: it was ended, rolled back, or its time is over';
  return firing(target);
}

/** A level that fires and opened no incident, e.g. of a rule in shadow, is still no success. */
function firing({ rules }: TargetView): string | null {
  const rule = rules.find(({ levels }) => levels.some(({ phase }) => phase === 'firing'));
  return rule === undefined ? null : `${rule.rule} fires: ${rule.detail}`;
}

function end({ json, out, err, color }: CliContext, target: string, well: boolean, message: string): number {
  if (json) out(JSON.stringify({ target, well, message }));
  else if (well) out(`${painter(color).green('ok')}  ${printable(`${target}: ${message}`)}`);
  else err(`${painter(color).red('FAILED')}  ${printable(`${target}: ${message}`)}`);
  return well ? 0 : 1;
}
