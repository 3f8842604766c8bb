import { z } from 'zod';

/** Options of `objects.restore`. */
export const objectOptions = z.strictObject({
  store: z.string().min(1).describe('A data store of kind s3; its bucket must keep versions'),
  prefix: z.string().min(1).max(500).describe('What the keys of the objects begin with, e.g. uploads/'),
  at: z
    .union([z.enum(['before_incident', 'before_release']), z.iso.datetime({ offset: true })])
    .describe(
      'The instant whose versions come back: before_incident, before_release (the present release was first seen then), or a time such as 2026-11-21T04:00:00Z',
    ),
  delete_newer: z
    .boolean()
    .default(false)
    .describe('Whether objects that were not there at that instant are hidden; they stay unless stated'),
  max: z
    .int()
    .min(1)
    .max(100_000)
    .default(10_000)
    .describe('More objects than this are refused; a prefix that is too short is met so'),
});
export type ObjectOptions = z.output<typeof objectOptions>;
