import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, isAbsolute, normalize } from 'node:path';
import { RollbackError } from '../../domain/errors.ts';

/**
 * Finds the file that a program name stands for: an absolute path in the allow-list, or the name of exactly one.
 *
 * Rejects with `REFUSED` when it is not allowed or not executable, and with `NOT_FOUND` when the file is missing.
 *
 * @param program first element of an argument vector
 * @param allowed absolute paths, from `allowed_programs` of the configuration
 */
export async function findProgram(program: string, allowed: readonly string[]): Promise<string> {
  const path = allowedPath(program, allowed);
  const facts = await stat(path).catch((cause: unknown) => {
    throw new RollbackError('NOT_FOUND', `the program ${path} is not there; install it`, { path }, { cause });
  });
  if (!facts.isFile()) throw new RollbackError('REFUSED', `the program ${path} is not a file`, { path });
  await access(path, constants.X_OK).catch((cause: unknown) => {
    throw new RollbackError(
      'REFUSED',
      `the program ${path} may not be executed by this user`,
      { path },
      { cause },
    );
  });
  return path;
}

function allowedPath(program: string, allowed: readonly string[]): string {
  if (isAbsolute(program) && normalize(program) === program && allowed.includes(program)) return program;
  const named = program.includes('/') ? [] : allowed.filter((path) => basename(path) === program);
  if (named.length === 1 && named[0] !== undefined) return named[0];
  const why = named.length > 1 ? `stands for ${named.join(' and ')}` : 'is not one of the allowed programs';
  throw new RollbackError(
    'REFUSED',
    `the program ${program} ${why}; state its absolute path and list it under allowed_programs`,
    { program },
  );
}
