import { z } from 'zod';
import { durationOption } from '../drivers/duration-option.ts';

/** Options of `swarm.rollback`. */
export const swarmRollbackOptions = z.strictObject({
  to: z.string().min(1).default('last_good').describe('last_good, or the id of a release'),
  converge_within: durationOption
    .default('3m')
    .describe(
      'All tasks running from the old specification within this time, else the present one is put back',
    ),
});
export type SwarmRollbackOptions = z.output<typeof swarmRollbackOptions>;
