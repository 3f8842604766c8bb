import type { StepFacts } from '../../domain/plan.ts';
import type { Json } from '../../domain/json.ts';
import { mostCommits, type History, type Reversal } from './reversal.ts';

/** What a reversal would meet, as facts of its step. */
export function revertFacts(reversal: Reversal, head: string, history: History): StepFacts {
  const detail: Record<string, Json> = {
    head,
    to: reversal.to,
    commits: history.commits.map(({ sha }) => sha),
    merges: history.commits.filter(({ merge }) => merge).map(({ sha }) => sha),
    contained: history.contained,
    strangers: history.strangers,
  };
  return { identity: `${reversal.remote.branch}@${head}`, detail };
}

/** Every reason why the revert would not work. */
export function revertProblems(reversal: Reversal, facts: StepFacts): string[] {
  const { remote, from, to, options } = reversal;
  const head = textOf(facts, 'head');
  const commits = listOf(facts, 'commits');
  const merges = listOf(facts, 'merges');
  const strangers = listOf(facts, 'strangers');
  const found = [
    from === null
      ? `nobody knows at which commit ${remote.branch} was released, so nothing guards the push`
      : null,
    from !== null && head !== from
      ? `${remote.branch} is at ${short(head)}, not at the release that is to be rolled back, ${short(from)}: somebody pushed meanwhile`
      : null,
    facts.detail['contained'] === false
      ? `the release ${short(to)} is not in the past of ${remote.branch}`
      : null,
    strangers.length > 0 ? `${strangers.map(short).join(', ')} is not in ${remote.branch}` : null,
    merges.length > 0 && options.mainline === undefined
      ? `${merges.map(short).join(', ')} merged other branches; state mainline: 1 to take back all that was merged`
      : null,
    commits.length > mostCommits ? `more than ${mostCommits} commits lie between` : null,
  ];
  return found.filter((problem) => problem !== null);
}

/** What people call a commit. */
export function short(sha: string): string {
  return sha.slice(0, 12);
}

/** The commits that a step's facts name. */
export function listOf(facts: StepFacts, name: string): string[] {
  const value = facts.detail[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function textOf(facts: StepFacts, name: string): string {
  const value = facts.detail[name];
  return typeof value === 'string' ? value : '';
}
