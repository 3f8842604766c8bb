import type { EffectRecords } from '../../clients/files/records.ts';
import type { Remote } from '../../clients/git/clone.ts';
import type { Git } from '../../clients/git/git.ts';
import type { LocalCopy } from '../../clients/git/local-copy.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { CopyChange, CopySurvey, MadeFrom } from './change.ts';
import { filterProblem, uncommittedProblem } from './checkout.ts';
import { someOf, writeNote } from './note.ts';
import { resetOptions, type ResetOptions } from './options.ts';

const all = ['.'];

/** Resets the branch of a working copy to a commit of its past; with `publish` that of the remote goes first. */
export function resetChange(
  step: Step,
  opId: string | null,
  { records, git }: { readonly records: EffectRecords; readonly git: Git },
): CopyChange {
  const options = resetOptions.parse(step.options);
  const { path } = options;
  const remote: Remote | null =
    options.publish === false || step.target.repository === null
      ? null
      : { name: step.target.name, ...step.target.repository };
  const push = (from: string, to: string, signal: AbortSignal): Promise<void> =>
    remote === null ? Promise.resolve() : moveBranch(git, remote, { from, to, opId }, signal);
  return {
    path,
    survey: (copy, signal) => survey(copy, step, options, { git, remote }, signal),
    async make(copy, { head, selection: { sha } }, signal) {
      await push(head, sha, signal);
      crashPoint('effect.call.between');
      await copy.reset(sha);
    },
    missing: (copy, to, signal) => missing(copy, to, { git, remote }, signal),
    async unmake(copy, note, name, signal) {
      const { commit } = await copy.head();
      if (commit !== note.sha && commit !== note.head)
        throw new RollbackError('REFUSED', `${path} went to another commit since; it is left as it is`);
      const selection = { sha: note.sha, paths: all, exact: true };
      if (note.phase === 'done') {
        const changed = await copy.differing(selection);
        if (changed.length > 0)
          throw new RollbackError(
            'REFUSED',
            `${someOf(changed)} in ${path} was changed since; it is left as it is`,
          );
      }
      if (opId !== null && note.phase !== 'undoing')
        await writeNote(records, opId, { ...note, phase: 'undoing' });
      await push(note.sha, note.head, signal);
      crashPoint('effect.call.between');
      await copy.reset(note.head);
      crashPoint('effect.call.between');
      await copy.restore(name, note.kept, { ...selection, sha: note.head });
    },
    done: ({ sha }) =>
      `${path} is reset to ${sha.slice(0, 12)}${remote === null ? '' : `, and so is ${remote.branch} at the remote`}`,
  };
}

/** The commit that a reset goes to, as its options name it; null: the release has none. */
export function resetGoal({ to: release, options }: Step): string | null {
  const { to } = resetOptions.parse(options);
  if (to !== 'last_good') return to;
  return release?.components.find(({ kind }) => kind === 'commit')?.value ?? null;
}

interface Far {
  readonly git: Git;
  readonly remote: Remote | null;
}

async function survey(
  copy: LocalCopy,
  step: Step,
  options: ResetOptions,
  far: Far,
  signal: AbortSignal,
): Promise<CopySurvey> {
  const { path, allow_uncommitted: allowed } = options;
  const { commit: head, branch } = await copy.head();
  const nowhere = { head, branch, selection: null, differing: [], uncommitted: [] };
  const goal = resetGoal(step);
  if (goal === null) return { ...nowhere, problems: ['the release to go to has no commit component'] };
  const sha = await copy.resolve(goal);
  if (sha === null)
    return { ...nowhere, problems: [`${path} knows no commit, branch or tag ${goal}; fetch it there first`] };
  const selection = { sha, paths: all, exact: true };
  const uncommitted = await copy.uncommitted(selection);
  return {
    head,
    branch,
    selection,
    uncommitted,
    differing: await copy.differing(selection),
    problems: [
      ...(branch === null
        ? [`${path} has no branch checked out (detached HEAD): there is none to reset`]
        : []),
      ...(await historyProblems(copy, { head, sha }, step, options, far, signal)),
      ...filterProblem(await copy.filtered(sha, all), path),
      ...uncommittedProblem(uncommitted, path, allowed),
    ],
  };
}

async function historyProblems(
  copy: LocalCopy,
  { head, sha }: { readonly head: string; readonly sha: string },
  { target }: Step,
  { path, published, publish }: ResetOptions,
  { git, remote }: Far,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!(await copy.contains(head, sha)))
    return [`${sha.slice(0, 12)} is not in the past of what ${path} has checked out`];
  const found: string[] = [];
  const losing = await copy.losing(sha);
  if (losing.published > 0 && published === 'refuse')
    found.push(
      `${losing.published} of the ${losing.commits} commits that ${path} would leave behind were published; revert them by git.revert, or state published: allowed`,
    );
  if (publish !== false && remote === null)
    found.push(`the target ${target.name} has no repository to publish to`);
  if (remote === null) return found;
  const there = await git.head(remote, signal);
  if (there !== head && there !== sha)
    found.push(
      `${remote.branch} at the remote is at ${there.slice(0, 12)}, not at ${head.slice(0, 12)} as ${path}: it would lose what is not known here`,
    );
  return found;
}

async function missing(
  copy: LocalCopy,
  { selection }: MadeFrom,
  { git, remote }: Far,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { commit } = await copy.head();
  if (commit !== selection.sha) return ['HEAD'];
  if (remote !== null && (await git.head(remote, signal)) !== selection.sha)
    return [`${remote.branch} at the remote`];
  return copy.differing(selection);
}

/** Nothing where the remote is there already; refused where it is at neither. */
async function moveBranch(
  git: Git,
  remote: Remote,
  { from, to, opId }: { readonly from: string; readonly to: string; readonly opId: string | null },
  signal: AbortSignal,
): Promise<void> {
  const there = await git.head(remote, signal);
  if (there === to) return;
  if (there !== from)
    throw new RollbackError(
      'GIT_REMOTE_MOVED',
      `${remote.branch} at the remote is at ${there.slice(0, 12)}, not at ${from.slice(0, 12)}; nothing was pushed`,
    );
  await git.inClone(remote, opId, signal, async (clone) => {
    if (!(await clone.has(from)) || !(await clone.has(to))) await clone.fetch();
    await clone.push(to, null, from);
  });
}
