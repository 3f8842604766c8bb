import { z } from 'zod';
import { RollbackError } from '../../domain/errors.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import type { Step } from '../../domain/plan.ts';
import { formatDuration, HOUR, SECOND } from '../../domain/time.ts';
import { durationOption, msOf } from './duration-option.ts';

const schema = z.strictObject({
  for: durationOption.describe('How long; less than the deadline of the step'),
});
export type WaitOptions = z.output<typeof schema>;

/** Lets time pass between two steps. Changes nothing; a wait that was cut off starts over. */
export function waitDriver(parts: { readonly clock: Clock }): Driver<WaitOptions> {
  return {
    kind: 'wait',
    effect: 'probe',
    risk: 'safe',
    options: schema,
    deadlineMs: HOUR,
    needsRelease: false,
    read: async () => ({ identity: 'time', detail: {} }),
    preflight: async (step) => {
      const problem = tooLong(step);
      return problem === null ? [] : [{ level: 'refuse', message: problem }];
    },
    describe: (step) => `wait ${formatDuration(waitMs(step))}`,
    async apply(step, _opId, signal) {
      await sleep(parts.clock, waitMs(step), signal);
      if (signal.aborted) throw new RollbackError('ABORTED', 'the wait was cut off; it starts over');
      return { ended: 'done', detail: `waited ${formatDuration(waitMs(step))}` };
    },
    probe: async () => 'not_done',
    undo: async () => ({ ended: 'done', detail: 'a wait leaves nothing to undo' }),
    byHand: (step) => [`sleep ${Math.ceil(waitMs(step) / SECOND)}`],
  };
}

function waitMs(step: Step): number {
  return msOf(schema.parse(step.options).for);
}

function tooLong(step: Step): string | null {
  if (waitMs(step) < step.deadlineMs) return null;
  return `waits ${formatDuration(waitMs(step))}, but its deadline is ${formatDuration(step.deadlineMs)}`;
}
