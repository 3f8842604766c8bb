import type { Git } from '../../clients/git/git.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import type { Step } from '../../domain/plan.ts';
import { MINUTE } from '../../domain/time.ts';
import { makeChange, probeChange, surveyed, undoChange, type CopyParts } from '../working-copy/change.ts';
import { resetOptions, type ResetOptions } from '../working-copy/options.ts';
import { resetChange, resetGoal } from '../working-copy/reset.ts';
import { changesText, copyFacts, copyFindings } from './git-checkout-paths.ts';
import { asShell } from './shell-text.ts';

/**
 * Resets the branch of a working copy on this host to a commit of its past. Commits that a remote has are left behind
 * only where the plan says so, and such a plan has a risk that always asks people.
 */
export function gitResetDriver(parts: CopyParts & { readonly git: Git }): Driver<ResetOptions> {
  const changeOf = (step: Step, opId: string | null) => resetChange(step, opId, parts);
  return {
    kind: 'git.reset',
    effect: 'probe',
    risk: 'disruptive',
    riskOf(options) {
      const parsed = resetOptions.safeParse(options);
      return parsed.success && parsed.data.published === 'refuse' ? 'disruptive' : 'destructive-data';
    },
    options: resetOptions,
    deadlineMs: 5 * MINUTE,
    needsRelease: false,
    read: async (step, signal) => {
      const change = changeOf(step, null);
      return copyFacts(change.path, await surveyed(change, parts, signal));
    },
    preflight: async (_step, facts) => copyFindings(facts),
    describe(step, facts) {
      const { path, publish } = resetOptions.parse(step.options);
      const branch = step.target.repository?.branch ?? 'the branch';
      const there =
        publish === false ? '' : `, and ${branch} at the remote, where published commits are lost`;
      return `reset ${path} to ${goalText(step)}${there}: ${changesText(facts)}`;
    },
    apply: (step, opId, signal) => makeChange(changeOf(step, opId), opId, parts, signal),
    probe: (step, opId, signal) => probeChange(changeOf(step, opId), opId, parts, signal),
    undo: (step, opId, signal) => undoChange(changeOf(step, opId), opId, parts, signal),
    byHand(step) {
      const { path, publish } = resetOptions.parse(step.options);
      const goal = resetGoal(step) ?? '<COMMIT>';
      const branch = step.target.repository?.branch ?? '<BRANCH>';
      const push = [
        'git',
        '-C',
        path,
        'push',
        '--force-with-lease',
        'origin',
        `${goal}:refs/heads/${branch}`,
      ];
      return [
        `${asShell(['git', '-C', path, 'diff', '--binary', 'HEAD'])} > work.patch`,
        ...(publish === false ? [] : [asShell(push)]),
        asShell(['git', '-C', path, 'reset', '--hard', goal]),
      ];
    },
  };
}

function goalText(step: Step): string {
  const { to } = resetOptions.parse(step.options);
  const goal = resetGoal(step);
  if (goal === null) return to;
  const short = /^[0-9a-f]{40,64}$/.test(goal) ? goal.slice(0, 12) : goal;
  return to === 'last_good' ? `last_good (${short})` : short;
}
