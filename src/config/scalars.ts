import { z } from 'zod';
import { parseQuantity, type Quantity } from '../domain/quantity.ts';
import { parseDuration, SECOND } from '../domain/time.ts';
import { shown } from './wording.ts';

/** Text that means something once it has been read; `wanted` completes "expected …". */
function written<T>(wanted: string, read: (value: unknown) => T | null): z.ZodType<T> {
  return z.unknown().transform((value, context): T => {
    const meant = read(value);
    if (meant !== null) return meant;
    const message =
      value === undefined ? `is missing; expected ${wanted}` : `expected ${wanted}, got ${shown(value)}`;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  });
}

function durationOf(value: unknown): number | null {
  return typeof value === 'string' ? parseDuration(value) : null;
}

/** `90s`, in milliseconds; a bare number is refused. */
export const duration = written('a duration such as 90s, 5m or 1h30m', durationOf);

/** A duration longer than nothing. */
export const someTime = written('a duration above zero such as 90s, 5m or 1h30m', (value) => {
  const ms = durationOf(value);
  return ms === null || ms === 0 ? null : ms;
});

/** How often a rule is read; below 100 ms nothing useful is left of a machine. */
export const interval = written('a duration of at least 100ms such as 5s or 1m', (value) => {
  const ms = durationOf(value);
  return ms === null || ms < 100 ? null : ms;
});

/** `24h`, or `off`: null. */
export const blame = written('a duration such as 24h, or off', (value) =>
  value === 'off' ? { withinMs: null } : withinOf(value),
);

function withinOf(value: unknown): { readonly withinMs: number | null } | null {
  const ms = durationOf(value);
  return ms === null ? null : { withinMs: ms };
}

/** A threshold: `50%`, `0.5`, `512MiB`, `5s`. */
export const quantity = written<Quantity>(
  'a number, or one with a unit such as 50%, 512MiB or 5s',
  (value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return null;
    const plain = parseQuantity(value);
    if (plain !== null || typeof value === 'number') return plain;
    const ms = parseDuration(value);
    return ms === null ? null : { value: ms / SECOND, unit: 'seconds' };
  },
);

/** Text for people; not empty, one line. */
export const text = z
  .string()
  .min(1)
  .max(500)
  .refine((value) => !/\p{Cc}/u.test(value.trimEnd()), 'must be one line');

/** Names of rules, playbooks and packs: they stand in metrics, paths and commands. */
export const nameProblem =
  'expected a name of up to 64 letters, digits, - and _, beginning with a letter or digit';
export const isName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name);
export const name = z.string().refine(isName, nameProblem);

/** What Docker accepts as the name of a container. */
export const containerName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
    'expected the name of a container: letters, digits, _ . and -',
  );

export const hostName = z
  .string()
  .regex(
    /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/,
    'expected a host name: letters, digits, dots and dashes',
  );

/** A path from the root, without `..`, of something other than the root itself. */
export const absolutePath = z
  .string()
  .refine((path) => isAbsolutePath(path) && path !== '/', 'expected an absolute path without .. in it');

export function isAbsolutePath(path: string): boolean {
  return path.startsWith('/') && !path.split('/').includes('..') && !/\p{Cc}/u.test(path);
}

/** A path, absolute or relative to the folder of the main file. */
export const somePath = z.string().refine((path) => path !== '' && !/\p{Cc}/u.test(path), 'expected a path');

/** `http://host:port`, without user, password and fragment; what was written is not repeated in messages. */
export const httpUrl = z.string().superRefine((written, context) => {
  const problem = httpUrlProblem(written, ['http:', 'https:']);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

/** A page that people open, with a fragment if they like. */
export const pageUrl = z.string().superRefine((written, context) => {
  const problem = httpUrlProblem(written.replace(/#.*$/, ''), ['https:', 'http:']);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

export function httpUrlProblem(written: string, protocols: readonly string[]): string | null {
  const url = URL.parse(written);
  if (url === null || !protocols.includes(url.protocol) || url.hostname === '')
    return `expected a URL such as ${protocols[0] ?? 'http:'}//host:8080`;
  if (url.username !== '' || url.password !== '')
    return 'must not hold a user or password; use a secret header';
  return url.hash === '' ? null : 'must not hold a fragment (#…)';
}
