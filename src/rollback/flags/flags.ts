import { z } from 'zod';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import {
  flagFormats,
  flagText,
  formatOf,
  type FlagChange,
  type FlagFormat,
  type FlagValue,
  type Found,
} from './flag-text.ts';
import { httpFlag, redisFlag } from './remote-options.ts';

const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
type Nested = FlagValue | { readonly [key: string]: Nested };
const nested: z.ZodType<Nested> = z.lazy(() => z.union([value, z.record(z.string(), nested)]));

/** Options of `flags.set`. */
export const flagOptions = z
  .strictObject({
    file: z
      .string()
      .regex(/^(\/|\$\{)/, 'expected an absolute path')
      .optional()
      .describe('The file; it must lie inside one of file_roots'),
    format: z.enum(flagFormats).optional().describe('By the ending of the name unless stated'),
    set: z
      .record(z.string(), nested)
      .default({})
      .describe('Keys and their values; maps reach into maps. Everything else in the file stays as it is'),
    unset: z
      .array(z.union([z.string(), z.array(z.string()).min(1)]))
      .default([])
      .describe('Keys that are taken out; a list reaches into maps'),
    http: httpFlag.optional().describe('Or one flag that is written and read over HTTP'),
    redis: redisFlag.optional().describe('Or one flag in a Redis of data_stores'),
  })
  .refine(
    ({ file, http, redis }) => [file, http, redis].filter((one) => one !== undefined).length === 1,
    'state exactly one of file, http and redis',
  )
  .refine(
    ({ file, set, unset }) => file === undefined || Object.keys(set).length + unset.length > 0,
    'sets and unsets nothing',
  )
  .refine(
    ({ file, format, set, unset }) =>
      file !== undefined || (format === undefined && Object.keys(set).length + unset.length === 0),
    'format, set and unset are for a file; http and redis have a value',
  )
  .refine(
    ({ file, format }) =>
      file === undefined || format !== undefined || file.startsWith('${') || formatOf(file) !== null,
    'the name of the file does not say its format; state format: yaml, json or dotenv',
  );
export type FlagOptions = z.output<typeof flagOptions>;

/** What a step sets, in which file. */
export interface Flags {
  readonly file: string;
  readonly format: FlagFormat;
  readonly changes: readonly FlagChange[];
}

/** Of a step whose templates are filled in. */
export function flagsOf(step: Step): Flags {
  const { file, format, set, unset } = flagOptions.parse(step.options);
  if (file === undefined) throw new RollbackError('PLAN_REFUSED', 'the step names no file');
  return {
    file,
    format: format ?? formatOf(file) ?? 'yaml',
    changes: [
      ...flattened(set, []),
      ...unset.map((key) => ({ path: typeof key === 'string' ? [key] : key, value: undefined })),
    ],
  };
}

function flattened(map: { readonly [key: string]: Nested }, above: readonly string[]): FlagChange[] {
  return Object.entries(map).flatMap(([key, member]) => {
    const path = [...above, key];
    return member !== null && typeof member === 'object'
      ? flattened(member, path)
      : [{ path, value: member }];
  });
}

/** Whether the text holds all of it already. */
export function holdsAll({ format, changes }: Flags, text: string): boolean {
  return changes.every((change) => holds(format, text, change));
}

function holds(format: FlagFormat, text: string, { path, value }: FlagChange): boolean {
  const found = flagText(format).get(text, path);
  if (value === undefined) return 'is' in found && found.is === 'missing';
  if ('is' in found) return false;
  // A dotenv file knows texts only.
  return found.value === (format === 'dotenv' ? String(value ?? '') : value);
}

/** `use_legacy_config: true (was false)` for each change that the text lacks; what may be a secret shows no value. */
export function wording({ format, changes }: Flags, text: string): string[] {
  return changes
    .filter((change) => !holds(format, text, change))
    .map((change) => {
      const before = flagText(format).get(text, change.path);
      return `${assignmentText(change)} (was ${foundText(change.path, before)})`;
    });
}

function foundText(path: readonly string[], found: Found): string {
  if (!('is' in found)) return shown(path, found.value);
  return found.is === 'missing' ? 'not there' : 'a map or a list';
}

/** `a.b: 1`, or `no a.b`. */
export function assignmentText({ path, value }: FlagChange): string {
  return value === undefined ? `no ${path.join('.')}` : `${path.join('.')}: ${shown(path, value)}`;
}

function shown(path: readonly string[], value: FlagValue): string {
  if (mayBeSecret(path.join('.'), value)) return 'a text that is not shown';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value);
}

/** Texts under such names are not shown to anybody. */
export function mayBeSecret(name: string, value: unknown): boolean {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return false;
  return /pass|secret|token|key|credential|dsn|url/i.test(name);
}
