import { z } from 'zod';
import { durationOption } from '../drivers/duration-option.ts';

const stopGrace = durationOption
  .default('10s')
  .describe('How long a container may take to stop before it is killed');
const healthyWithin = durationOption.default('2m');
const steadyFor = durationOption
  .default('3s')
  .describe('Without a health check: how long a container must run without ending');

/** Options of `compose.rollback`. They stay as written, so that plans and the journal read like the playbook. */
export const stackRollbackOptions = z.strictObject({
  to: z.string().min(1).default('last_good').describe('last_good, or the id of a release'),
  stop_grace: stopGrace,
  start_first: z
    .boolean()
    .default(true)
    .describe(
      'Start the old release of a service before the present one is stopped, where nothing they share forbids it',
    ),
  at_once: z
    .int()
    .min(1)
    .optional()
    .describe(
      'How many services may run twice at one time while they are started first; unless stated, all where the host has memory enough, else 4',
    ),
  healthy_within: healthyWithin.describe(
    'Each service healthy within this time, else all of them are put back',
  ),
  steady_for: steadyFor,
});
export type StackRollbackOptions = z.output<typeof stackRollbackOptions>;

const serviceNames = z.array(z.string().min(1)).min(1);

/** Options of `compose.restart`. */
export const stackRestartOptions = z.strictObject({
  services: serviceNames.optional().describe('Only these services; all that run unless stated'),
  stop_grace: stopGrace,
  healthy_within: healthyWithin.describe('Each container healthy again within this time'),
  steady_for: steadyFor,
});
export type StackRestartOptions = z.output<typeof stackRestartOptions>;

/** Options of `compose.build`. */
export const stackBuildOptions = z.strictObject({
  services: serviceNames.optional().describe('Only these services; all that are built unless stated'),
  paths: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'What changed, relative to the directory: only services are built whose build context holds one of these',
    ),
  build_within: durationOption.default('10m').describe('The build may take this long'),
  stop_grace: stopGrace,
  healthy_within: healthyWithin.describe(
    'Each service healthy within this time, else all of them are put back',
  ),
  steady_for: steadyFor,
});
export type StackBuildOptions = z.output<typeof stackBuildOptions>;
