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
  /** `last_good`, or a commit id. */
  to: z.union([z.literal('last_good'), sha]).default('last_good'),
  /** Only these are taken back, in this order; everything since `to` unless stated. */
  commits: z.array(sha).min(1).optional(),
  /** Merge commits may be taken back, to their first parent: the branch itself. */
  mainline: z.literal(1).optional(),
  /** Leaves an annotated tag `rollback-YYYYMMDD-HHMMSS`. */
  tag: z.boolean().default(true),
  /** A revert that stays in our clone would change nothing in production. */
  push: z.literal(true, 'git.revert always pushes: leave push out').default(true),
});
export type RevertOptions = z.output<typeof revertOptions>;
