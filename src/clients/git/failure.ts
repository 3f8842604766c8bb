import { GitError, GitPluginError } from 'simple-git';
import { messageOf, RollbackError, type ErrorCode } from '../../domain/errors.ts';
import { withoutPassword } from './shown.ts';

/** What git says (in the C locale) when it could not reach the other side at all. */
const unreachable =
  /could not resolve host|connection refused|connection timed out|network is unreachable|no route to host|failed to connect|could not read from remote|unable to access|does not appear to be a git repository|repository .* not found/i;
const unauthorized =
  /authentication failed|permission denied|could not read (username|password)|access denied|host key verification failed/i;
const moved =
  /\[rejected\]|stale info|non-fast-forward|fetch first|cannot lock ref|reference already exists|failed to update ref|already exists/i;
const declined = /\[remote rejected\]|hook declined|protected branch|does not support --atomic/i;

/** Wraps what a question to git ended with. Nothing was changed by it. */
export function readFailure(tried: string, url: string, cause: unknown): RollbackError {
  const text = spoken(cause);
  const facts = { url: withoutPassword(url) };
  const options = { cause };
  if (cut(cause) === 'abort')
    return new RollbackError('ABORTED', `stopped while trying to ${tried}`, facts, options);
  if (cut(cause) === 'timeout')
    return new RollbackError(
      'UNREACHABLE',
      `git did not answer in time while trying to ${tried}`,
      facts,
      options,
    );
  if (unauthorized.test(messageOf(cause)))
    return new RollbackError(
      'REFUSED',
      `${facts.url} refused to ${tried}: ${text}; check the key or token, and the host key`,
      facts,
      options,
    );
  const code: ErrorCode = unreachable.test(text) ? 'UNREACHABLE' : 'ANSWER_INVALID';
  return new RollbackError(code, `git could not ${tried} on ${facts.url}: ${text}`, facts, options);
}

/** Whether an error is the library's, and so still to be wrapped. */
export function isFromGit(error: unknown): boolean {
  return error instanceof GitError;
}

/** Wraps what a push ended with. Pushes are atomic: either it says that it was refused, or nobody knows. */
export function pushFailure(url: string, branch: string, cause: unknown): RollbackError {
  const all = messageOf(cause);
  const text = spoken(cause);
  const facts = { url: withoutPassword(url), branch };
  const options = { cause };
  const ends = (code: ErrorCode, why: string): RollbackError => new RollbackError(code, why, facts, options);
  if (cut(cause) !== null)
    return ends('EFFECT_UNKNOWN', `the push to ${branch} was cut off; the remote will be asked`);
  if (declined.test(all) && !/cannot lock ref/i.test(all))
    return ends('REFUSED', `the remote declined the push to ${branch}, nothing was changed: ${text}`);
  if (moved.test(all))
    return ends(
      'GIT_REMOTE_MOVED',
      `${branch} moved at the remote before the push, nothing was pushed: ${text}`,
    );
  if (unauthorized.test(all))
    return ends('REFUSED', `${facts.url} did not let us push to ${branch}: ${text}`);
  return ends('EFFECT_UNKNOWN', `the push to ${branch} ended with: ${text}; the remote will be asked`);
}

/** The lines in which git gives its reasons, or else the last ones. */
function spoken(cause: unknown): string {
  const lines = messageOf(cause)
    .split('\n')
    .map((line) => withoutPassword(line.trim()))
    .filter((line) => line !== '' && !line.startsWith('hint:'));
  const reasons = lines.filter(
    (line) => /^(!|remote:|error:|fatal:|ssh:)/.test(line) || unauthorized.test(line),
  );
  return (reasons.length > 0 ? reasons : lines.slice(-4)).join(' | ').slice(0, 600);
}

function cut(cause: unknown): 'abort' | 'timeout' | null {
  if (!(cause instanceof GitPluginError)) return null;
  return cause.plugin === 'abort' || cause.plugin === 'timeout' ? cause.plugin : null;
}
