import { isIP } from 'node:net';

/** Names that no public name server can point elsewhere. */
const privateSuffixes = ['.localhost', '.local', '.internal'];

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  const bare = bareHost(host);
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/**
 * Whether a `Host` header may be answered. A web page can make a browser call any address under a public name of
 * its own (DNS rebinding); such names are refused.
 *
 * On loopback: loopback names only. Elsewhere also IP addresses, names without a dot, names under `.localhost`,
 * `.local` and `.internal`, and those that were allowed by name.
 */
export function mayAnswer(header: string | undefined, listens: string, allowed: readonly string[]): boolean {
  const name = nameIn(header);
  if (name === null) return false;
  if (isLoopback(name) || name === bareHost(listens) || allowed.includes(name)) return true;
  if (isLoopback(listens)) return false;
  return isIP(name) !== 0 || !name.includes('.') || privateSuffixes.some((suffix) => name.endsWith(suffix));
}

/** What proxies add of those for whom they ask. */
const forwarded = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const;

/**
 * Whether a request to a loopback address was meant for it, by all that it says: a proxy on this machine brings what
 * was sent to a public name, or says for whom it asks.
 */
export function isFromThisMachine(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): boolean {
  const { host } = headers;
  const name = typeof host === 'string' ? nameIn(host) : null;
  return name !== null && isLoopback(name) && forwarded.every((header) => headers[header] === undefined);
}

function nameIn(header: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/.exec((header ?? '').toLowerCase());
  return match?.[1] === undefined ? null : bareHost(match[1]);
}

function bareHost(host: string): string {
  return host.toLowerCase().replace(/^\[|\]$/g, '');
}
