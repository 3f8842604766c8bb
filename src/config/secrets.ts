import { resolve } from 'node:path';
import { z } from 'zod';
import { Secret } from '../domain/secret.ts';
import { variableIn } from '../domain/variables.ts';
import { tryRead } from './read-text.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';

const wanted =
  'expected { file: PATH } or { env: NAME }; a secret itself is never written into a configuration';

const wantedOrText = 'expected a URL, { file: PATH } or { env: NAME }';

const reference = z.union([
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
]);

/** Where a secret is kept. What is wrong is never repeated: it may be the secret. */
export const secretReference = z
  .unknown()
  .transform((value, context): z.output<typeof reference> => {
    const result = reference.safeParse(value);
    if (result.success) return result.data;
    context.issues.push({ code: 'custom', message: wanted, input: value });
    return z.NEVER;
  })
  .meta({
    anyOf: [
      asObject('file', 'Path of a file that holds it'),
      asObject('env', 'Name of a variable that holds it'),
    ],
  });

/** For editors. */
function asObject(key: string, description: string): object {
  return {
    type: 'object',
    properties: { [key]: { type: 'string', minLength: 1, description } },
    required: [key],
    additionalProperties: false,
  };
}

/** A text, or where a secret one is kept. */
export const textOrReference = z
  .unknown()
  .transform((value, context): string | z.output<typeof reference> => {
    if (typeof value === 'string') return value;
    const result = reference.safeParse(value);
    if (result.success) return result.data;
    const message = value === undefined ? 'is missing; expected a URL' : wantedOrText;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  })
  .meta({
    anyOf: [
      { type: 'string', minLength: 1 },
      asObject('file', 'Path of a file that holds it'),
      asObject('env', 'Name of a variable that holds it'),
    ],
  });

export type SecretReference = z.output<typeof reference>;

/** The reference that a value is, or null. */
export function asReference(value: unknown): SecretReference | null {
  return reference.safeParse(value).data ?? null;
}

/**
 * Fetches a secret from its file or variable; trailing line ends are cut off. Anything missing is a problem at the
 * place, and null.
 */
export async function resolveSecret(
  place: Place,
  reference: SecretReference,
  context: ReadingContext,
): Promise<Secret | null> {
  const found =
    'env' in reference ? fromEnvironment(reference.env, context) : await fromFile(reference.file, context);
  const value = 'text' in found ? found.text.replace(/[\r\n]+$/, '') : '';
  const problem = 'problem' in found ? found.problem : flawOf(found.name, value);
  if (problem === null) return new Secret(value);
  place.problem(problem);
  return null;
}

function flawOf(name: string, value: string): string | null {
  if (value === '') return `${name} is empty`;
  // It will stand in a header or be compared with one: neither can hold these.
  return /\p{Cc}/u.test(value) ? `${name} holds control characters or several lines` : null;
}

type Found = { readonly name: string; readonly text: string } | { readonly problem: string };

function fromEnvironment(name: string, { environment }: ReadingContext): Found {
  const text = variableIn(environment, name);
  return text === undefined
    ? { problem: `the environment variable ${name} is not set` }
    : { name: `the environment variable ${name}`, text };
}

async function fromFile(written: string, { readFile, folder }: ReadingContext): Promise<Found> {
  const path = resolve(folder, written);
  const read = await tryRead(readFile, path);
  return 'text' in read
    ? { name: `the secret file ${path}`, text: read.text }
    : { problem: `the secret file ${path} ${read.problem}` };
}

/** The secret that a place refers to; null where none stands there, or it cannot be used, which the place was told. */
export async function secretAt(place: Place, context: ReadingContext): Promise<Secret | null> {
  if (place.value === undefined) return null;
  const reference = secretReference.safeParse(place.value).data;
  return reference === undefined ? null : resolveSecret(place, reference, context);
}
