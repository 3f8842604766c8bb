import type { core, ZodType } from 'zod';
import { suggestion } from './suggest.ts';
import type { Path } from './yaml-document.ts';

/** One thing that a schema objects to. */
export interface Objection {
  readonly path: Path;
  /** The key itself is wrong, not what stands behind it. */
  readonly onKey: boolean;
  readonly message: string;
}

/** Judges a value by a schema; what it objects to is worded for the person who wrote the file. */
export function judge<T>(
  schema: ZodType<T>,
  value: unknown,
):
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly objections: readonly Objection[] } {
  const result = schema.safeParse(value, { error: wordingOf });
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, objections: result.error.issues.flatMap((issue) => objectionsOf(issue, [])) };
}

/** A value as it may be repeated in a message: never a whole map, never a long text. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  if (typeof value !== 'string') return typeof value;
  return value.length > 40 ? `"${value.slice(0, 37)}..."` : `"${value}"`;
}

const nouns: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
  tuple: 'a list',
  Secret: 'a secret as { file } or { env }',
};

/** Called by zod for every issue of a schema that brings no wording of its own. */
function wordingOf(issue: core.$ZodRawIssue): string {
  if (issue.code === 'unrecognized_keys') return knownKeys(issue.inst).join(',');
  if (issue.code !== 'custom' && issue.input === undefined) return missing(issue);
  switch (issue.code) {
    case 'invalid_type': {
      const noun = nouns[issue.expected] ?? issue.expected;
      return `expected ${noun}, got ${given(issue.input, noun)}`;
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      const near = typeof issue.input === 'string' ? suggestion(issue.input, values) : '';
      return `expected ${either(values)}, got ${shown(issue.input)}${near.startsWith(',') ? near : ''}`;
    }
    case 'too_small':
      return issue.origin === 'number'
        ? `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}, got ${shown(issue.input)}`
        : `must not be ${Number(issue.minimum) <= 1 ? 'empty' : `shorter than ${issue.minimum}`}`;
    case 'too_big':
      return issue.origin === 'number'
        ? `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}, got ${shown(issue.input)}`
        : `must not be longer than ${issue.maximum}`;
    case 'invalid_format':
      if (issue.format === 'starts_with' && typeof issue.prefix === 'string')
        return `expected text that begins with ${issue.prefix}`;
      return issue.format === 'url' ? 'expected a URL' : 'is not written as it must be';
    case 'invalid_union':
      return 'has none of the forms that it may have';
    case 'custom':
      return issue.message ?? 'is not valid';
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
    default:
      // Later versions of the library may have codes of which nothing is known here.
      return 'is not valid';
  }
}

function missing(issue: core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type') return `is missing; expected ${nouns[issue.expected] ?? 'a value'}`;
  return issue.code === 'invalid_value'
    ? `is missing; expected ${either(issue.values.map(String))}`
    : 'is missing';
}

/** Where a map or list was expected, a text is not repeated: it may be a secret in the wrong place. */
function given(value: unknown, noun: string): string {
  return typeof value === 'string' && (noun === 'a map' || noun === 'a list') ? 'text' : shown(value);
}

function either(values: readonly string[]): string {
  if (values.length === 1) return values[0] ?? '';
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}`;
}

function knownKeys(schema: unknown): string[] {
  const shape = (schema as { readonly _zod?: { readonly def?: { readonly shape?: object } } } | undefined)
    ?._zod?.def?.shape;
  return shape === undefined ? [] : Object.keys(shape);
}

function objectionsOf(issue: core.$ZodIssue, above: Path): Objection[] {
  const path: Path = [...above, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
  if (issue.code === 'unrecognized_keys') {
    // `wordingOf` leaves the known keys in the message: only it sees the schema that objects.
    const known = issue.message.split(',').filter((key) => key !== '');
    return issue.keys.map((key) => ({
      path: [...path, key],
      onKey: true,
      message: `unknown key${suggestion(key, known)}`,
    }));
  }
  if (issue.code === 'invalid_union') return ofUnion(issue, path);
  if (issue.code === 'invalid_key')
    return [{ path, onKey: true, message: issue.issues[0]?.message ?? issue.message }];
  return [{ path, onKey: false, message: issue.message }];
}

/** What the nearest form objects to: the one whose outer shape fits. */
function ofUnion(issue: core.$ZodIssueInvalidUnion, path: Path): Objection[] {
  const forms = issue.errors.filter((form) => form.length > 0);
  const fitting = forms.filter((form) => !form.some(isMisfit)).sort((a, b) => a.length - b.length);
  if (fitting[0] !== undefined) return fitting[0].flatMap((inner) => objectionsOf(inner, path));
  const wanted = forms.map((form) => /^expected (.*), got (.*)$/s.exec(form[0]?.message ?? ''));
  if (wanted.length === 0 || wanted.includes(null)) return [{ path, onKey: false, message: issue.message }];
  const expected = [...new Set(wanted.map((match) => match?.[1] ?? ''))];
  return [{ path, onKey: false, message: `expected ${either(expected)}, got ${wanted[0]?.[2] ?? ''}` }];
}

function isMisfit({ path, code, message }: core.$ZodIssue): boolean {
  if (path.length > 0) return false;
  return (
    code === 'invalid_type' ||
    code === 'invalid_value' ||
    (code === 'custom' && message.startsWith('expected '))
  );
}
