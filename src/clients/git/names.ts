/** Names that may be handed to git. Each check returns what is wrong, or null; the configuration asks them at load. */

const shaPattern = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** Whole commit ids only: 40 hex digits, or 64 in repositories with SHA-256. */
export function isSha(text: string): boolean {
  return shaPattern.test(text);
}

/** The rules of `git check-ref-format --branch`, and none of the names that git gives a meaning of its own. */
export function branchProblem(branch: string): string | null {
  if (branch === '' || branch === '@' || branch === 'HEAD')
    return `${JSON.stringify(branch)} is not a branch name`;
  if (branch.startsWith('-')) return `the branch ${JSON.stringify(branch)} starts with a dash`;
  if (branch.startsWith('refs/'))
    return `state the branch without refs/heads/, got ${JSON.stringify(branch)}`;
  if (hasForbiddenCharacter(branch))
    return `the branch ${JSON.stringify(branch)} holds a character that git does not allow`;
  if (branch.includes('..') || branch.includes('@{') || branch.includes('//') || /^\/|\/$|\.$/.test(branch))
    return `the branch ${JSON.stringify(branch)} is not a valid ref name`;
  if (branch.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock')))
    return `a part of the branch ${JSON.stringify(branch)} starts with a dot or ends with .lock`;
  return null;
}

/**
 * What is wrong with the URL of a remote. `https://…`, `ssh://…`, `user@host:path`, `file:///…` and absolute paths are
 * URLs; helpers such as `ext::` are not. A password must not stand in one: it would be seen in lists of processes.
 *
 * @param protocols those that git may use; an absolute path needs `file`
 */
export function remoteProblem(url: string, protocols: readonly string[]): string | null {
  const shown = JSON.stringify(withoutPassword(url));
  if (url.startsWith('-')) return `the URL ${shown} starts with a dash`;
  if (hasControlOrSpace(url)) return `the URL ${shown} holds spaces or control characters`;
  if (url.includes('::'))
    return `the URL ${shown} names a helper program; use https, ssh, file or an absolute path`;
  const protocol = protocolOf(url);
  if (protocol === null) return `the URL ${shown} is neither https, ssh, file nor an absolute path`;
  if (!protocols.includes(protocol))
    return `the URL ${shown} uses ${protocol}, which is not among git_protocols (${protocols.join(', ')})`;
  return url.includes('://') ? partsProblem(url, protocol, shown) : null;
}

/** The URL as it may be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/@:]*):[^/@]*@/i, '$1:[secret]@');
}

function protocolOf(url: string): string | null {
  if (url.startsWith('/')) return 'file';
  const scheme = /^([a-z]+):\/\//.exec(url)?.[1];
  if (scheme !== undefined) return ['https', 'http', 'ssh', 'file', 'git'].includes(scheme) ? scheme : null;
  return /^[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:(?![-:])\S+$/.test(url) ? 'ssh' : null;
}

function partsProblem(url: string, protocol: string, shown: string): string | null {
  if (!URL.canParse(url)) return `the URL ${shown} cannot be read`;
  const { username, password, hostname, pathname } = new URL(url);
  if (password !== '')
    return `the URL ${shown} holds a password; use ssh keys, or a .netrc file of the daemon's user`;
  if (hostname.startsWith('-') || username.startsWith('-'))
    return `the host of the URL ${shown} starts with a dash`;
  if (protocol !== 'file' && hostname === '') return `the URL ${shown} has no host`;
  if (protocol === 'file' && hostname !== '') return `the URL ${shown} names a host; write file:///path`;
  return pathname.startsWith('/-') && protocol === 'ssh'
    ? `the path of the URL ${shown} starts with a dash`
    : null;
}

function hasForbiddenCharacter(text: string): boolean {
  return hasControlOrSpace(text) || /[~^:?*[\\]/.test(text);
}

function hasControlOrSpace(text: string): boolean {
  return /[^!-~\u00a0-\u{10ffff}]/u.test(text);
}
