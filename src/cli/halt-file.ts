import { rm, writeFile } from 'node:fs/promises';
import { messageOf, RollbackError } from '../domain/errors.ts';

/** Creates the halt file. @returns false when it was there already; then it is left as it is */
export async function writeHaltFile(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw unusable('create', path, error);
  }
}

/** Removes the halt file. @returns false when there was none */
export async function removeHaltFile(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw unusable('remove', path, error);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

function unusable(verb: string, path: string, error: unknown): RollbackError {
  return new RollbackError(
    'USAGE',
    `cannot ${verb} the halt file: ${messageOf(error)}; run this as a user who may, on the daemon's machine`,
    { path },
    { cause: error },
  );
}
