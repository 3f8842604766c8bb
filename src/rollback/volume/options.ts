import { z } from 'zod';
import { setExpected, setWords, setWordsMeaning } from '../../domain/set-choice.ts';
import { durationOption } from '../drivers/duration-option.ts';

const volumeName = z.string().min(1).describe('A Docker volume of the driver local');
const stop = z
  .array(z.string().min(1))
  .min(1)
  .optional()
  .describe(
    'Containers that are stopped meanwhile, in this order; without it, every container that runs with the volume',
  );
const stopGrace = durationOption
  .default('30s')
  .describe('How long each container may take to stop before it is killed');
const healthyWithin = durationOption
  .default('2m')
  .describe('Each container that was stopped is healthy again within this time');
const steadyFor = durationOption
  .default('3s')
  .describe('Without a health check: how long it must run without ending');

/** Options of `volume.snapshot`. */
export const snapshotOptions = z.strictObject({
  volumes: z.array(volumeName).min(1).describe('The volumes that are copied, all in one set'),
  stores: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Data stores whose own copy belongs to the same set, e.g. a Milvus that keeps its rows in the volumes; they are copied first, while they run',
    ),
  writers: z
    .enum(['stop', 'quiesced', 'running'])
    .default('stop')
    .describe(
      'What keeps the copy consistent: stop: containers are stopped meanwhile; quiesced: a write.quiesce step before holds writes off; running: nothing does, which is warned of',
    ),
  stop,
  stop_grace: stopGrace,
  healthy_within: healthyWithin,
  steady_for: steadyFor,
  smaller_ok: z
    .boolean()
    .default(false)
    .describe('Whether a copy may be less than half of what it was in the last set; else that fails'),
});
export type SnapshotOptions = z.output<typeof snapshotOptions>;

/** Options of `volume.restore`. */
export const restoreOptions = z.strictObject({
  volume: volumeName,
  from: z
    .union([z.enum(setWords), z.string().regex(/^b-[0-9a-z-]+$|^\$\{/, setExpected)])
    .default('newest')
    .describe(`The set; ${setWordsMeaning}`),
  stop,
  stop_grace: stopGrace,
  healthy_within: healthyWithin,
  steady_for: steadyFor,
});
export type RestoreOptions = z.output<typeof restoreOptions>;
