import { z } from 'zod';
import { branchProblem, isSha } from '../../domain/git-names.ts';

const folder = z
  .string()
  .regex(/^(\/|\$\{)/, 'expected an absolute path')
  .describe('A working copy on this host; it must lie inside one of file_roots');

const ref = z
  .string()
  .refine(
    (text) => text.includes('${') || isSha(text) || branchProblem(text) === null,
    'expected a whole commit id, a branch or a tag',
  );

/** A path inside a working copy: relative, and nothing that is git's own. */
export function insideProblem(path: string): string | null {
  const parts = path.replace(/\/+$/, '').split('/');
  if (path === '' || path.startsWith('/') || path.startsWith('-')) return 'expected a relative path';
  if (/\p{Cc}/u.test(path)) return 'control characters are not allowed';
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'must hold no . or ..';
  // Also as file systems that know no capital letters would spell it.
  if (parts.some((part) => /^(\.git|git~\d)$/i.test(part))) return 'must not reach into .git';
  return null;
}

const inside = z.string().superRefine((path, context) => {
  const problem = path.includes('${') ? null : insideProblem(path);
  if (problem !== null) context.addIssue({ code: 'custom', message: `${JSON.stringify(path)}: ${problem}` });
});

const uncommitted = z
  .enum(['refuse', 'patch'])
  .default('refuse')
  .describe(
    'Work that is not committed and would be lost: patch keeps it and goes on. It is kept in any case',
  );

/** Options of `git.checkout_paths`. */
export const checkoutOptions = z.strictObject({
  path: folder,
  paths: z.array(inside).min(1).describe('Files and folders in it, as they are written; no patterns'),
  from: ref.describe('A commit id, a branch, a tag, or a branch of origin, as the working copy knows it'),
  exact: z
    .boolean()
    .default(false)
    .describe('Tracked files in these paths that the commit does not have go; git checkout leaves them'),
  allow_uncommitted: uncommitted,
});
export type CheckoutOptions = z.output<typeof checkoutOptions>;

/** Options of `git.reset`. */
export const resetOptions = z
  .strictObject({
    path: folder,
    to: z
      .union([z.literal('last_good'), ref])
      .describe('last_good, a commit id, a branch or a tag; it must lie in the past of what is checked out'),
    published: z
      .enum(['refuse', 'allowed'])
      .default('refuse')
      .describe(
        'Whether commits that a remote has may be left behind. A plan that allows it always asks people',
      ),
    publish: z
      .union([z.literal(false), z.literal('force_with_lease')])
      .default(false)
      .describe("Resets the branch of the target's repository, too, where it is still at the same commit"),
    allow_uncommitted: uncommitted,
  })
  .refine(
    ({ publish, published }) => publish === false || published === 'allowed',
    'publish: force_with_lease takes published commits back: state published: allowed',
  );
export type ResetOptions = z.output<typeof resetOptions>;

/** Options of `git.tag`. */
export const tagOptions = z.strictObject({
  path: folder
    .optional()
    .describe(
      "A working copy whose checked-out commit is tagged, there only; unless stated, the head of the branch of the target's repository is tagged, at the remote",
    ),
  name: z
    .string()
    .refine((text) => text.includes('${') || branchProblem(text) === null, 'expected the name of a tag')
    .optional()
    .describe('rollback-YYYYMMDD-HHMMSS unless stated'),
  message: z.string().min(1).max(2_000).optional().describe('Names target and incident unless stated'),
});
export type TagOptions = z.output<typeof tagOptions>;
