import type { PastCommit, Remote } from '../../clients/git/clone.ts';
import type { Git } from '../../clients/git/git.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { Release } from '../../domain/release.ts';
import { revertOptions, type RevertOptions } from './options.ts';

/** One revert: which branch, from which commit it must be at, to which one. */
export interface Reversal {
  readonly remote: Remote;
  /** Where the branch must be; the push is refused when it is not. null when the present release has no commit. */
  readonly from: string | null;
  readonly to: string;
  readonly options: RevertOptions;
  readonly step: Step;
}

/** More than this is not a rollback of a release any more. */
export const mostCommits = 200;

/** The step's own reversal. Rejects with `PLAN_REFUSED` when the step cannot be one. */
export function reversalOf(step: Step): Reversal {
  const options = revertOptions.parse(step.options);
  const { repository, name } = step.target;
  const to = options.to === 'last_good' ? commitOf(step.to) : options.to;
  if (repository === null) throw refused(`the target ${name} has no repository`);
  if (to === null) throw refused('the release to go to has no commit component');
  return { remote: { name, ...repository }, from: commitOf(step.from), to, options, step };
}

/** What is to be taken back, newest first, and how it relates to the branch. */
export interface History {
  readonly commits: readonly PastCommit[];
  /** The branch still holds the release in its past. */
  readonly contained: boolean;
  /** Commits asked for by id that are not in the branch. */
  readonly strangers: readonly string[];
}

/** Reads what the revert would take back, from our clone. */
export async function historyOf(
  git: Git,
  reversal: Reversal,
  head: string,
  signal: AbortSignal,
): Promise<History> {
  const { remote, to, options } = reversal;
  return git.inClone(remote, null, signal, async (clone) => {
    if (!(await clone.has(head)) || !(await clone.has(to))) await clone.fetch();
    if (options.commits !== undefined) {
      const strangers: string[] = [];
      const commits: PastCommit[] = [];
      for (const sha of options.commits) {
        const ours = (await clone.has(sha)) && (await clone.contains(head, sha));
        if (ours) commits.push(await clone.commit(sha));
        else strangers.push(sha);
      }
      return { commits, contained: true, strangers };
    }
    const contained = (await clone.has(to)) && (await clone.contains(head, to));
    const commits = contained ? await clone.since(to, head, mostCommits + 1) : [];
    return { commits, contained, strangers: [] };
  });
}

function commitOf(release: Release | null): string | null {
  return release?.components.find(({ kind }) => kind === 'commit')?.value ?? null;
}

function refused(why: string): RollbackError {
  return new RollbackError('PLAN_REFUSED', `git.revert cannot be planned: ${why}`);
}
