import { z } from 'zod';
import { setExpected, setWords, setWordsMeaning } from '../../domain/set-choice.ts';

const topic = z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'expected the name of a topic');

/** Options of `offsets.reset`. */
export const offsetOptions = z.strictObject({
  store: z.string().min(1).describe('A data store of kind kafka'),
  group: z.string().min(1).max(255).describe('The consumer group; it must have no members meanwhile'),
  topics: z
    .array(topic)
    .min(1)
    .max(100)
    .describe('The topics whose offsets are set, all of their partitions'),
  to: z
    .union([z.enum(['recorded', 'earliest', 'latest']), z.iso.datetime({ offset: true })])
    .describe(
      'recorded: what a backup set holds; earliest, latest: the ends of the log; or the first record at or after a time such as 2026-11-21T04:00:00Z',
    ),
  set: z
    .union([z.enum(setWords), z.string().regex(/^b-[0-9a-z-]+$/, setExpected)])
    .default('newest')
    .describe(`For to: recorded, the set; ${setWordsMeaning}`),
});
export type OffsetOptions = z.output<typeof offsetOptions>;
