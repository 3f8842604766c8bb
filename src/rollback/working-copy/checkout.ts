import type { EffectRecords } from '../../clients/files/records.ts';
import type { LocalCopy } from '../../clients/git/local-copy.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { CopyChange, CopySurvey } from './change.ts';
import { someOf, writeNote } from './note.ts';
import { checkoutOptions, type CheckoutOptions } from './options.ts';

/** Takes paths from a commit into a working copy, as `git checkout COMMIT -- PATHS` does. */
export function checkoutChange(step: Step, opId: string | null, records: EffectRecords): CopyChange {
  const options = checkoutOptions.parse(step.options);
  const { path, paths, exact } = options;
  return {
    path,
    survey: (copy) => survey(copy, options),
    make: (copy, { selection }) => copy.checkout(selection),
    missing: (copy, { selection }) => copy.differing(selection),
    async unmake(copy, note, name) {
      const selection = { sha: note.sha, paths, exact };
      const { commit } = await copy.head();
      if (commit !== note.head)
        throw new RollbackError('REFUSED', `${path} went to another commit since; it is left as it is`);
      if (note.phase !== 'undoing') {
        const changed = await copy.differing(selection);
        if (changed.length > 0 && note.phase === 'done')
          throw new RollbackError(
            'REFUSED',
            `${someOf(changed)} in ${path} was changed since; it is left as it is`,
          );
        if (opId !== null) await writeNote(records, opId, { ...note, phase: 'undoing' });
      }
      await copy.restore(name, note.kept, selection);
      crashPoint('effect.call.between');
      await copy.unstage(paths);
    },
    done: ({ sha }) => `${paths.join(', ')} in ${path} is that of ${sha.slice(0, 12)}`,
  };
}

async function survey(copy: LocalCopy, options: CheckoutOptions): Promise<CopySurvey> {
  const { path, paths, from, exact, allow_uncommitted: allowed } = options;
  const { commit: head, branch } = await copy.head();
  const sha = await copy.resolve(from);
  if (sha === null)
    return {
      head,
      branch,
      selection: null,
      differing: [],
      uncommitted: [],
      problems: [`${path} knows no commit, branch or tag ${from}; fetch it there first`],
    };
  const selection = { sha, paths, exact };
  const uncommitted = await copy.uncommitted(selection);
  const lacking = await copy.lacking(sha, paths);
  const filtered = await copy.filtered(sha, paths);
  return {
    head,
    branch,
    selection,
    uncommitted,
    differing: await copy.differing(selection),
    problems: [
      ...(lacking.length === 0 ? [] : [`${from} has no ${lacking.join(', ')}`]),
      ...filterProblem(filtered, path),
      ...uncommittedProblem(uncommitted, path, allowed),
    ],
  };
}

/** Content that only a program could make is not written as it lies in the history. */
export function filterProblem(filtered: readonly string[], path: string): readonly string[] {
  if (filtered.length === 0) return [];
  return [`${someOf(filtered)} in ${path} goes through a filter (.gitattributes), and no filter is run`];
}

/** Work that would be lost needs a word of the plan, although it is kept. */
export function uncommittedProblem(
  uncommitted: readonly string[],
  path: string,
  allowed: 'refuse' | 'patch',
): readonly string[] {
  if (uncommitted.length === 0 || allowed === 'patch') return [];
  return [
    `${someOf(uncommitted)} in ${path} is not committed and would be lost; commit it, or state allow_uncommitted: patch`,
  ];
}
