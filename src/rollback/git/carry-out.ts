import { opTrailer, type Clone, type PastCommit } from '../../clients/git/clone.ts';
import type { Git } from '../../clients/git/git.ts';
import type { Worktree } from '../../clients/git/worktree.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { nameRelease } from '../../domain/release.ts';
import { SECOND } from '../../domain/time.ts';
import { tagName } from '../working-copy/tag-name.ts';
import { short } from './preflight.ts';
import { historyOf, mostCommits, type Reversal } from './reversal.ts';
import { failed } from '../settled.ts';

export interface GitParts {
  readonly git: Git;
  readonly clock: Clock;
}

/**
 * Reverts in a throw-away checkout, commits, tags, and pushes both at once.
 *
 * Only the push changes anything that lasts. Whatever a cut-off attempt left in our clone is thrown away and made
 * again; whether the push happened is asked of the remote first, by the trailer.
 */
export async function revert(
  reversal: Reversal,
  opId: string,
  parts: GitParts,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { git } = parts;
  const { remote, from } = reversal;
  if (from === null) return failed('nobody knows at which commit the branch was released');
  const head = await git.head(remote, signal);
  const before = await pushedBefore(git, reversal, head, opId, signal);
  if (before !== null)
    return { ended: 'done', detail: `${remote.branch} already holds the revert ${short(before)}` };
  if (head !== from) return moved(remote.branch, head, from);
  const { commits, contained, strangers } = await historyOf(git, reversal, head, signal);
  if (!contained || strangers.length > 0)
    return failed(`the history of ${remote.branch} changed since the plan`);
  const tag = reversal.options.tag ? await freeTag(parts, reversal, signal) : null;
  try {
    return await git.inWorktree(remote, { sha: head, opId }, signal, (worktree, clone) =>
      inCheckout({ reversal, opId, from, commits, tag }, worktree, clone),
    );
  } catch (error) {
    return settled(error);
  }
}

/** The commit at the remote that carries this effect's trailer, or null. */
export async function pushedBefore(
  git: Git,
  { remote, from }: Reversal,
  head: string,
  opId: string,
  signal: AbortSignal,
): Promise<string | null> {
  if (head === from) return null;
  return git.inClone(remote, null, signal, async (clone) => {
    if (!(await clone.has(head))) await clone.fetch();
    const known = from !== null && (await clone.has(from)) ? from : null;
    const commits = await clone.since(known, head, mostCommits);
    return commits.find((commit) => commit.opId === opId)?.sha ?? null;
  });
}

interface Work {
  readonly reversal: Reversal;
  readonly opId: string;
  readonly from: string;
  readonly commits: readonly PastCommit[];
  readonly tag: string | null;
}

async function inCheckout(work: Work, worktree: Worktree, clone: Clone): Promise<EffectOutcome> {
  const { reversal, commits, from, tag } = work;
  const { remote, to, options } = reversal;
  const changed = await worktree.revert(commits);
  // Taking back everything since a release gives exactly its files; anything else is not the state that was proven.
  const different = options.commits === undefined ? await worktree.differsFrom(to) : [];
  if (different.length > 0)
    return failed(
      `the revert would not give the files of ${short(to)}: ${different.slice(0, 10).join(', ')}`,
    );
  if (changed.length === 0)
    return {
      ended: 'done',
      detail: `nothing to revert: ${remote.branch} already holds what ${short(to)} held`,
    };
  const sha = await worktree.commit(paragraphs(work));
  crashPoint('effect.call.between');
  if (tag !== null) {
    await worktree.tag(tag, `${subject(reversal)}\n\n${opTrailer}: ${work.opId}`);
    crashPoint('effect.call.between');
  }
  await clone.push(sha, tag, from);
  const tagged = tag === null ? '' : `, tagged ${tag}`;
  return {
    ended: 'done',
    detail: `reverted ${countOf(commits)} in ${short(sha)} and pushed it to ${remote.branch}${tagged}`,
    evidence: { commit: sha, ...(tag === null ? {} : { tag }) },
  };
}

function paragraphs({ reversal, opId, commits }: Work): string[] {
  const { step } = reversal;
  return [
    subject(reversal),
    `rollbackd takes back ${countOf(commits)} because of incident ${step.incident}.`,
    commits.map(({ sha }) => `This reverts commit ${sha}.`).join('\n'),
    `Rollbackd-Incident: ${step.incident}\n${opTrailer}: ${opId}`,
  ];
}

function subject({ step, to }: Reversal): string {
  const release = step.to === null ? short(to) : nameRelease(step.to);
  return `Roll back ${step.target.name} to ${release}`;
}

/** `rollback-YYYYMMDD-HHMMSS` in UTC; the next second where another rollback took this one. */
async function freeTag({ git, clock }: GitParts, { remote }: Reversal, signal: AbortSignal): Promise<string> {
  const at = clock.wall();
  const taken = await git.tags(remote, tagName(at).slice(0, -2), signal);
  const later = await git.tags(remote, tagName(at + 60 * SECOND).slice(0, -2), signal);
  let next = at;
  while (taken.includes(tagName(next)) || later.includes(tagName(next))) next += SECOND;
  return tagName(next);
}

function countOf(commits: readonly PastCommit[]): string {
  return commits.length === 1 ? '1 commit' : `${commits.length} commits`;
}

function moved(branch: string, head: string, from: string): EffectOutcome {
  return failed(
    `GIT_REMOTE_MOVED: ${branch} is at ${short(head)}, not at ${short(from)}; nothing was pushed`,
  );
}

/** Failures that leave the remote as it was are outcomes; the others go on as they are. */
function settled(error: unknown): EffectOutcome {
  if (!(error instanceof RollbackError) || error.recourse === 'reconcile') throw error;
  return {
    ended: 'failed',
    detail: `${error.code}: ${error.message}`,
    retryable: error.recourse === 'retry',
  };
}
