import { z } from 'zod';
import { isSha } from '../../domain/git-names.ts';

const sha = z
  .string()
  .refine(
    (text) => isSha(text) || text.startsWith('${'),
    'expected a whole commit id of 40 or 64 hex digits',
  );

/** Options of `git.revert`. */
export const revertOptions = z.strictObject({
  to: z
    .union([z.literal('last_good'), sha])
    .default('last_good')
    .describe('last_good, or a commit id'),
  commits: z
    .array(sha)
    .min(1)
    .optional()
    .describe('Only these are taken back, in this order; everything since `to` unless stated'),
  mainline: z
    .literal(1)
    .optional()
    .describe('Merge commits may be taken back, to their first parent: the branch itself'),
  tag: z.boolean().default(true).describe('Leaves an annotated tag `rollback-YYYYMMDD-HHMMSS`'),
  push: z
    .literal(true, 'git.revert always pushes: leave push out')
    .default(true)
    .describe('Always: a revert that stays in our clone would change nothing in production'),
});
export type RevertOptions = z.output<typeof revertOptions>;
