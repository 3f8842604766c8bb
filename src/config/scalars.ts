import { z } from 'zod';
import { formatQuantity, parseQuantity, type Quantity } from '../domain/quantity.ts';
import { durationPattern, parseDuration, SECOND } from '../domain/time.ts';
import { shown } from './wording.ts';

/** Key of examples: the library drops those under their own name where text becomes something else. */
export const asIn = 'x-examples';

/** How values are written, as JSON Schema says it to editors. Reading is what decides. */
const durationText = durationPattern.slice(1, -1);
const asDuration = { type: 'string', pattern: durationPattern, [asIn]: ['90s', '5m', '1h30m'] };
const quantityText = String.raw`-?\d+(?:\.\d+)?\s*(?:%|x|[KMGT]i?B|B)?`;
/** How a quantity is written as text, for editors. */
export const quantityPattern = String.raw`^(?:\s*${quantityText}\s*|${durationText})$`;
const asQuantity = {
  type: ['number', 'string'],
  pattern: quantityPattern,
  [asIn]: ['50%', '512MiB', '5s', 100],
};

/**
 * Text that means something once it has been read; `wanted` completes "expected …", `shape` says to editors how it is
 * written.
 */
function written<T>(
  wanted: string,
  read: (value: unknown) => T | null,
  shape: Readonly<Record<string, unknown>> = asQuantity,
): z.ZodType<T> {
  const reading = z.unknown().transform((value, context): T => {
    const meant = read(value);
    if (meant !== null) return meant;
    const message =
      value === undefined ? `is missing; expected ${wanted}` : `expected ${wanted}, got ${shown(value)}`;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  });
  return reading.meta({ description: `Expected: ${wanted}`, ...shape });
}

function durationOf(value: unknown): number | null {
  return typeof value === 'string' ? parseDuration(value) : null;
}

/** `90s`, in milliseconds; a bare number is refused. */
export const duration = written('a duration such as 90s, 5m or 1h30m', durationOf, asDuration);

/** A duration longer than nothing. */
export const someTime = written(
  'a duration above zero such as 90s, 5m or 1h30m',
  (value) => {
    const ms = durationOf(value);
    return ms === null || ms === 0 ? null : ms;
  },
  asDuration,
);

/** How often a rule is read; below 100 ms nothing useful is left of a machine. */
export const interval = written(
  'a duration of at least 100ms such as 5s or 1m',
  (value) => {
    const ms = durationOf(value);
    return ms === null || ms < 100 ? null : ms;
  },
  asDuration,
);

/** `24h`, or `off`: null. */
export const blame = written(
  'a duration such as 24h, or off',
  (value) => (value === 'off' ? { withinMs: null } : withinOf(value)),
  { type: 'string', pattern: `^(?:off|${durationText})$`, [asIn]: ['24h', 'off'] },
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

/** A number of bytes above zero: `10MiB`, or a bare number. */
export function size({ max }: { readonly max: number }): z.ZodType<number> {
  return written(`a size up to ${formatQuantity(max, 'bytes')} such as 10MiB`, (value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return null;
    const meant = parseQuantity(value);
    if (meant === null || (meant.unit !== 'bytes' && meant.unit !== 'number')) return null;
    return meant.value >= 1 && meant.value <= max ? Math.floor(meant.value) : null;
  });
}

export const labelValue = z.string().min(1).max(500);
export const labelName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of a label: letters, digits and _');

/** Text for people; not empty, one line. */
export const text = z
  .string()
  .min(1)
  .max(500)
  .refine((value) => !/\p{Cc}/u.test(value.trimEnd()), 'must be one line');

/** `alice@example.org`, or `Alice <alice@example.org>`. */
const mailbox = String.raw`[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?`;
const mailPattern = String.raw`^(?:${mailbox}|[^<>@,;:"\\\x00-\x1f\x7f]{1,100} ?<${mailbox}>)$`;
export const mailAddress = z
  .string()
  .regex(new RegExp(mailPattern), 'expected an address such as alice@example.org')
  .meta({ pattern: mailPattern });

/** Names of rules, playbooks and packs: they stand in metrics, paths and commands. */
export const nameProblem =
  'expected a name of up to 64 letters, digits, - and _, beginning with a letter or digit';
export const isName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name);
export const name = z
  .string()
  .refine(isName, nameProblem)
  .meta({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' });

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
  .refine((path) => isAbsolutePath(path) && path !== '/', 'expected an absolute path without .. in it')
  .meta({ pattern: '^/.' });

export function isAbsolutePath(path: string): boolean {
  return path.startsWith('/') && !path.split('/').includes('..') && !/\p{Cc}/u.test(path);
}

/** A path, absolute or relative to the folder of the main file. */
export const somePath = z.string().refine((path) => path !== '' && !/\p{Cc}/u.test(path), 'expected a path');

/** `http://host:port`, without user, password and fragment; what was written is not repeated in messages. */
export const httpUrl = z
  .string()
  .superRefine((written, context) => {
    const problem = httpUrlProblem(written, ['http:', 'https:']);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({ pattern: '^https?://[^@#]+$', [asIn]: ['http://host:8080'] });

/** A page that people open, with a fragment if they like. */
export const pageUrl = z
  .string()
  .superRefine((written, context) => {
    const problem = httpUrlProblem(written.replace(/#.*$/, ''), ['https:', 'http:']);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({ pattern: '^https?://' });

/** @param instead where user and password belong, for those who wrote them here; null: nowhere */
export function httpUrlProblem(
  written: string,
  protocols: readonly string[],
  instead: string | null = 'use a secret header',
): string | null {
  const url = URL.parse(written);
  if (url === null || !protocols.includes(url.protocol) || url.hostname === '')
    return `expected a URL such as ${protocols[0] ?? 'http:'}//host:8080`;
  if (url.username !== '' || url.password !== '')
    return `must not hold a user or password${instead === null ? '' : `; ${instead}`}`;
  return url.hash === '' ? null : 'must not hold a fragment (#…)';
}
