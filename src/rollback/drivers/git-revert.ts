import { withoutPassword } from '../../clients/git/shown.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import type { Step } from '../../domain/plan.ts';
import { MINUTE } from '../../domain/time.ts';
import { pushedBefore, revert, type GitParts } from '../git/carry-out.ts';
import { revertOptions, type RevertOptions } from '../git/options.ts';
import { listOf, revertFacts, revertProblems, short } from '../git/preflight.ts';
import { historyOf, reversalOf } from '../git/reversal.ts';
import { asShell } from './shell-text.ts';

/** Takes back the commits since a release: one revert commit with a trailer and a tag, pushed to the branch. */
export function gitRevertDriver(parts: GitParts): Driver<RevertOptions> {
  const { git } = parts;
  return {
    kind: 'git.revert',
    effect: 'probe',
    risk: 'disruptive',
    options: revertOptions,
    deadlineMs: 5 * MINUTE,
    needsRelease: true,
    async read(step, signal) {
      const reversal = reversalOf(step);
      const head = await git.head(reversal.remote, signal);
      return revertFacts(reversal, head, await historyOf(git, reversal, head, signal));
    },
    async preflight(step, facts) {
      const problems = revertProblems(reversalOf(step), facts);
      if (problems.length > 0) return problems.map((message) => ({ level: 'refuse', message }));
      if (listOf(facts, 'commits').length > 0) return [];
      return [{ level: 'warn', message: 'there is nothing to revert' }];
    },
    describe(step, facts) {
      const { remote, to } = reversalOf(step);
      const commits = listOf(facts, 'commits').map(short);
      const which = commits.length === 0 ? 'nothing' : commits.join(', ');
      return `revert ${which} on ${remote.branch} of ${withoutPassword(remote.url)}, back to ${short(to)}, and push`;
    },
    apply: async (step, opId, signal) => revert(reversalOf(step), opId, parts, signal),
    async probe(step, opId, signal) {
      const reversal = reversalOf(step);
      const head = await git.head(reversal.remote, signal);
      // Commit and tag arrive together or not at all, so the commit's trailer answers for both.
      return (await pushedBefore(git, reversal, head, opId, signal)) === null ? 'not_done' : 'done';
    },
    byHand,
  };
}

function byHand(step: Step): string[] {
  const { remote, to, from, options } = reversalOf(step);
  const range = options.commits ?? [`${to}..${from ?? remote.branch}`];
  // `git revert -m 1` takes merges only; where there are some among others, the files are taken from the release.
  const takeBack =
    options.mainline === undefined || options.commits !== undefined
      ? ['git', 'revert', '--no-commit', ...range]
      : ['git', 'restore', `--source=${to}`, '--staged', '--worktree', ':/'];
  const lines = [
    asShell(['git', 'clone', '--branch', remote.branch, withoutPassword(remote.url), 'rollback']),
    'cd rollback',
    asShell(takeBack),
    asShell(['git', 'commit', '-m', `Roll back ${step.target.name} to ${short(to)}`]),
  ];
  if (!options.tag) return [...lines, asShell(['git', 'push', 'origin', remote.branch])];
  return [
    ...lines,
    `git tag -a "rollback-$(date -u +%Y%m%d-%H%M%S)" -m "Rollback, incident ${step.incident}"`,
    asShell(['git', 'push', '--atomic', '--follow-tags', 'origin', remote.branch]),
  ];
}
