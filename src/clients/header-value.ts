import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, RollbackError } from '../domain/errors.ts';
import { variableIn, type Variables } from '../domain/variables.ts';

/** A header's value, or where it lies. Plans and pinned rules are stored, so a secret is only ever a reference there. */
export const headerValue = z.union([
  z.string(),
  z.strictObject({ file: z.string().min(1).describe('Path of a file that holds it') }),
  z.strictObject({ env: z.string().min(1).describe('Name of a variable that holds it') }),
]);
export type HeaderValue = z.output<typeof headerValue>;

/** Rejects with `SECRET_MISSING` when there is no value. */
export async function readHeader(value: HeaderValue, environment: Variables): Promise<string> {
  if (typeof value === 'string') return value;
  const found = 'file' in value ? await contentOf(value.file) : variableIn(environment, value.env);
  if (found !== undefined && found !== '') return found;
  const where = 'file' in value ? value.file : `the environment variable ${value.env}`;
  throw new RollbackError('SECRET_MISSING', `${where} is empty or not set`);
}

async function contentOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new RollbackError(
      'SECRET_MISSING',
      `cannot read ${path}: ${messageOf(cause)}`,
      { path },
      { cause },
    );
  }
}
