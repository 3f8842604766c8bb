import type { Driver } from '../../domain/ports/driver.ts';
import type { Step, StepFacts } from '../../domain/plan.ts';
import { digest } from '../../domain/json.ts';
import { MINUTE } from '../../domain/time.ts';
import {
  makeChange,
  probeChange,
  surveyed,
  undoChange,
  type CopyParts,
  type CopySurvey,
} from '../working-copy/change.ts';
import { checkoutChange } from '../working-copy/checkout.ts';
import { countText, linesIn } from '../working-copy/note.ts';
import { checkoutOptions, type CheckoutOptions } from '../working-copy/options.ts';
import { asShell } from './shell-text.ts';

/** Takes files and folders from a commit into a working copy on this host; what was not committed is kept first. */
export function gitCheckoutPathsDriver(parts: CopyParts): Driver<CheckoutOptions> {
  const changeOf = (step: Step, opId: string | null) => checkoutChange(step, opId, parts.records);
  return {
    kind: 'git.checkout_paths',
    effect: 'probe',
    risk: 'disruptive',
    options: checkoutOptions,
    deadlineMs: 5 * MINUTE,
    needsRelease: false,
    read: async (step, signal) => {
      const change = changeOf(step, null);
      return copyFacts(change.path, await surveyed(change, parts, signal));
    },
    preflight: async (_step, facts) => copyFindings(facts),
    describe(step, facts) {
      const { path, paths, from, exact } = checkoutOptions.parse(step.options);
      const gone = exact ? ', and nothing else there' : '';
      return `take ${paths.join(', ')} in ${path} from ${from}${gone}: ${changesText(facts)}`;
    },
    apply: (step, opId, signal) => makeChange(changeOf(step, opId), opId, parts, signal),
    probe: (step, opId, signal) => probeChange(changeOf(step, opId), opId, parts, signal),
    undo: (step, opId, signal) => undoChange(changeOf(step, opId), opId, parts, signal),
    byHand(step) {
      const { path, paths, from, exact } = checkoutOptions.parse(step.options);
      const overlay = exact ? ['--no-overlay'] : [];
      return [
        `${asShell(['git', '-C', path, 'diff', '--binary', 'HEAD'])} > work.patch`,
        asShell(['git', '-C', path, 'checkout', ...overlay, from, '--', ...paths]),
      ];
    },
  };
}

/** How a working copy stands, as facts of a step. */
export function copyFacts(path: string, survey: CopySurvey): StepFacts {
  const { head, branch, selection, differing, uncommitted, problems } = survey;
  return {
    identity: `${path} ${branch ?? 'detached'}@${head} ${selection?.sha ?? ''} ${digest([differing, uncommitted])}`,
    detail: {
      problems,
      head,
      to: selection?.sha ?? null,
      changes: differing.slice(0, 50),
      more: differing.length,
    },
  };
}

export function copyFindings(facts: StepFacts): { level: 'refuse' | 'warn'; message: string }[] {
  const problems = linesIn(facts.detail['problems']);
  if (problems.length > 0) return problems.map((message) => ({ level: 'refuse', message }));
  if (facts.detail['more'] !== 0) return [];
  return [{ level: 'warn', message: 'there is nothing to change' }];
}

/** How many files change, and the first of them. */
export function changesText({ detail }: StepFacts): string {
  const names = linesIn(detail['changes']);
  if (names.length === 0) return 'nothing changes';
  const count = typeof detail['more'] === 'number' ? detail['more'] : names.length;
  const shown = names.slice(0, 5).join(', ');
  return `${countText(count, 'file')} ${count === 1 ? 'changes' : 'change'}, ${shown}${count > 5 ? ', …' : ''}`;
}
