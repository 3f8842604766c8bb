import { stat } from 'node:fs/promises';
import { branchProblem } from '../../domain/git-names.ts';
import { RollbackError } from '../../domain/errors.ts';
import { SECOND } from '../../domain/time.ts';
import type { Variables } from '../../domain/variables.ts';
import { readFailure } from './failure.ts';
import { gitSession } from './session.ts';

/** A commit along the first parents of a range, as far as a look at the past needs it. */
export interface PastCommit {
  readonly sha: string;
  /** When it was committed, epoch ms. */
  readonly at: number;
  readonly tags: readonly string[];
  /** The commit that its message says it reverts; null when it says nothing of the kind. */
  readonly reverts: string | null;
}

export interface PastOptions {
  /** A repository on this machine. Only read. */
  readonly directory: string;
  /** `v1.2..main`: without A everything up to B. */
  readonly range: string;
  readonly environment: Variables;
  readonly signal: AbortSignal;
}

/** No range that is looked at has more. */
const mostCommits = 10_000;

/**
 * The commits of a range, newest first, along first parents: what a merge brought in arrived with the merge.
 *
 * @throws RollbackError `USAGE` for what is no range or no repository, else what git said
 */
export async function pastCommits({
  directory,
  range,
  environment,
  signal,
}: PastOptions): Promise<readonly PastCommit[]> {
  const { from, to } = endsOf(range);
  if ((await stat(directory).catch(() => null))?.isDirectory() !== true)
    throw new RollbackError('USAGE', `${directory} is not the directory of a git repository`);
  const git = gitSession(
    { stateDir: directory, protocols: [], environment },
    { directory, opId: null, clone: null, signal },
  );
  const format = { sha: '%H', at: '%ct', refs: '%D', message: '%B' };
  const options = {
    format,
    maxCount: mostCommits,
    symmetric: false,
    '--first-parent': null,
    '--decorate': 'full',
  };
  const revisions = from === null ? { [to]: null } : { from, to };
  try {
    const { all } = await git.log({ ...options, ...revisions });
    return all.map(({ sha, at, refs, message }) => ({
      sha,
      at: Number(at) * SECOND,
      tags: refs.split(', ').flatMap(tagIn),
      reverts: /^This reverts commit ([0-9a-f]{40})/m.exec(message)?.[1] ?? null,
    }));
  } catch (cause) {
    throw readFailure(`read ${range}`, directory, cause);
  }
}

function endsOf(range: string): { readonly from: string | null; readonly to: string } {
  const [from = '', to, more] = range.split('..');
  const ends = to === undefined ? { from: null, to: from } : { from, to: to === '' ? 'HEAD' : to };
  const wrong = [ends.from, ends.to].some(
    (end) => end !== null && end !== 'HEAD' && branchProblem(end) !== null,
  );
  if (!wrong && more === undefined) return ends;
  throw new RollbackError('USAGE', `${range} is not a range of commits such as v1.2..main`);
}

/** `tag: refs/tags/v1.2`, `HEAD -> refs/heads/main`. */
function tagIn(ref: string): readonly string[] {
  const tag = /refs\/tags\/(.+)$/.exec(ref)?.[1];
  return tag === undefined ? [] : [tag];
}
