/** Names that may be handed to git. Checked when a configuration is loaded, and again right before each call. */

/** Whole commit ids only: 40 hex digits, or 64 in repositories with SHA-256. */
export function isSha(text: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text);
}

/**
 * Why a text cannot be the name of a branch, or null. The rules of git-check-ref-format(1), and stricter where a name
 * would mean something else to git: options, `HEAD`, and whole refs such as `refs/heads/main`.
 */
export function branchProblem(branch: string): string | null {
  const refused = (why: string): string => `is not a branch name: ${why}`;
  if (branch === '' || branch.length > 200) return refused('expected 1 to 200 characters');
  if (branch.startsWith('-')) return refused('it must not begin with a dash');
  if (branch === 'HEAD') return refused('HEAD moves; state the branch itself');
  if (branch.startsWith('refs/')) return refused('state it without refs/heads/');
  if (branch === '@' || branch.includes('@{')) return refused('@ alone and @{ are not allowed');
  if (/[\p{Cc}\p{Cf}\p{Cs}\s~^:?*[\\]/u.test(branch))
    return refused('white space, invisible characters and ~ ^ : ? * [ \\ are not allowed');
  if (branch.includes('..')) return refused('.. is not allowed');
  const parts = branch.split('/');
  if (parts.includes('')) return refused('it must not begin or end with / or hold //');
  if (parts.some((part) => part.startsWith('.') || part.endsWith('.lock')))
    return refused('no part may begin with a dot or end with .lock');
  return branch.endsWith('.') ? refused('it must not end with a dot') : null;
}

const forms = 'expected https://host/path, ssh://user@host/path, file:///path or an absolute path';

/**
 * Why a text cannot be the URL of a repository, or null. Everything through which git would run a program of the
 * writer's choice (`ext::`, options in the place of hosts) is refused. What was written is not repeated: it may hold
 * a password.
 *
 * @param protocols those that git may use; an absolute path needs `file`
 */
export function repositoryUrlProblem(written: string, protocols: readonly string[]): string | null {
  if (/[\p{Cc}\p{Cf}\p{Cs}\s]/u.test(written) || written.startsWith('-') || written.includes('::'))
    return forms;
  const protocol = protocolOf(written);
  if (protocol === null)
    return /^[^/]+@[^/]+:/.test(written) ? `${forms}; write ssh://user@host/path` : forms;
  if (!protocols.includes(protocol))
    return `needs ${protocol} in git_protocols, which allows ${protocols.join(', ')}`;
  if (written.startsWith('/')) return written.split('/').includes('..') ? 'must not hold ..' : null;
  const url = URL.parse(written);
  return url === null ? forms : partsProblem(url, protocol);
}

/** The protocol that git would use; null for none that is known. */
function protocolOf(written: string): 'https' | 'ssh' | 'file' | null {
  if (written.startsWith('/') || written.startsWith('file:///')) return 'file';
  if (written.startsWith('https://')) return 'https';
  return written.startsWith('ssh://') ? 'ssh' : null;
}

function partsProblem(
  { hostname, username, password, host, pathname }: URL,
  protocol: 'https' | 'ssh' | 'file',
): string | null {
  if (password !== '' || (protocol === 'https' && username !== ''))
    return "must not hold a user or password; use ssh keys, or a .netrc file of the daemon's user";
  if (protocol === 'file') return host === '' && pathname.length > 1 ? null : forms;
  // An escape in a host or user would be undone after this check.
  const hostile = hostname === '' || /^-|[%=]/.test(hostname) || /^-|%/.test(username);
  return hostile || pathname.length < 2 || pathname.startsWith('/-') ? forms : null;
}
