import { z } from 'zod';
import { durationOption } from '../drivers/duration-option.ts';

const stopGrace = durationOption
  .default('10s')
  .describe('How long a container may take to stop before it is killed');
const healthyWithin = durationOption.default('2m');
const steadyFor = durationOption
  .default('3s')
  .describe('Without a health check: how long it must run without ending');

/** Options of `docker.rollback`. They stay as written, so that plans and the journal read like the playbook. */
export const rollbackOptions = z.strictObject({
  to: z.string().min(1).default('last_good').describe('last_good, or the id of a release'),
  stop_grace: stopGrace,
  keep_env: z
    .array(z.string().regex(/^[^=\0]+$/, 'expected names of environment variables'))
    .default([])
    .describe('Environment variables whose present values are carried over'),
  start_first: z
    .boolean()
    .default(true)
    .describe('Start the old release before the present one is stopped, where nothing they share forbids it'),
  healthy_within: healthyWithin.describe('Healthy within this time, else the replaced one is put back'),
  steady_for: steadyFor,
});
export type RollbackOptions = z.output<typeof rollbackOptions>;

/** Options of `docker.restart`. */
export const restartOptions = z.strictObject({
  stop_grace: stopGrace,
  healthy_within: healthyWithin.describe('Healthy again within this time'),
  steady_for: steadyFor,
});
export type RestartOptions = z.output<typeof restartOptions>;
