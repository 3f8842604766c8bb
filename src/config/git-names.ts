/**
 * Why a text cannot be a branch name, by the rules of git-check-ref-format(1), or null. Stricter in one thing: no
 * leading dash anywhere, since a name travels to git as an argument.
 */
export function branchProblem(branch: string): string | null {
  const refused = (why: string): string => `is not a branch name: ${why}`;
  if (branch === '' || branch.length > 200) return refused('expected 1 to 200 characters');
  if (branch.startsWith('-')) return refused('it must not begin with a dash');
  if (branch === '@' || branch.includes('@{')) return refused('@ alone and @{ are not allowed');
  if (/[\p{Cc} ~^:?*[\\]/u.test(branch)) return refused('white space and ~ ^ : ? * [ \\ are not allowed');
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
 */
export function repositoryUrlProblem(written: string, protocols: readonly string[]): string | null {
  if (/[\p{Cc}\s]/u.test(written) || written.startsWith('-') || written.includes('::')) return forms;
  const protocol = protocolOf(written);
  if (protocol === null)
    return /^[^/]+@[^/]+:/.test(written) ? `${forms}; write ssh://user@host/path` : forms;
  if (!protocols.includes(protocol))
    return `needs ${protocol} in git_protocols, which allows ${protocols.join(', ')}`;
  if (written.startsWith('/')) return written.split('/').includes('..') ? 'must not hold ..' : null;
  const url = URL.parse(written);
  if (url === null) return forms;
  if (url.password !== '' || (protocol === 'https' && url.username !== ''))
    return 'must not hold a user or password; use a credential helper or a deploy key';
  if (protocol === 'file') return url.host === '' && url.pathname.length > 1 ? null : forms;
  const host = decodeURIComponent(url.hostname);
  const hostile = host === '' || host.startsWith('-') || url.username.startsWith('-') || host.includes('=');
  return hostile || url.pathname.length < 2 || url.pathname.startsWith('/-') ? forms : null;
}

/** The protocol that git would use; null for none that is known. */
export function protocolOf(written: string): 'https' | 'ssh' | 'file' | null {
  if (written.startsWith('/') || written.startsWith('file:///')) return 'file';
  if (written.startsWith('https://')) return 'https';
  return written.startsWith('ssh://') ? 'ssh' : null;
}
