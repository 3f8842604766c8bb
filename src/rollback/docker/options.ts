import { z } from 'zod';
import { durationOption } from '../drivers/duration-option.ts';

/** Options of `docker.rollback`. They stay as written, so that plans and the journal read like the playbook. */
export const rollbackOptions = z.strictObject({
  /** `last_good` or the id of a release; the plan has resolved it. */
  to: z.string().min(1).default('last_good'),
  /** How long a container may take to stop before it is killed. */
  stop_grace: durationOption.default('10s'),
  /** Names of environment variables whose present values are carried over. */
  keep_env: z.array(z.string().regex(/^[^=\0]+$/, 'expected names of environment variables')).default([]),
  /** Start the old release before the present one is stopped, where nothing they share forbids it. */
  start_first: z.boolean().default(true),
  /** The old release must be healthy within this time, else the replaced one is put back. */
  healthy_within: durationOption.default('2m'),
  /** Without a health check: how long it must run without ending. */
  steady_for: durationOption.default('3s'),
});
export type RollbackOptions = z.output<typeof rollbackOptions>;

/** Options of `docker.restart`. */
export const restartOptions = z.strictObject({
  stop_grace: durationOption.default('10s'),
  healthy_within: durationOption.default('2m'),
  steady_for: durationOption.default('3s'),
});
export type RestartOptions = z.output<typeof restartOptions>;
