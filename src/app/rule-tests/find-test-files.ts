import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf, RollbackError } from '../../domain/errors.ts';

/** How deep folders are looked through. */
const deepest = 8;

/**
 * The test files among paths: a file is one whatever its name; in a folder, every `.yaml` or `.yml` inside of a folder
 * named `tests` is one, and so is every `NAME.test.yaml`. Hidden folders and `node_modules` are passed over.
 *
 * @throws RollbackError `NOT_FOUND` for a path that is not there or cannot be looked at, or a folder without tests
 */
export function findTestFiles(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap(readableFilesAt))];
}

/** Links that lead in circles, folders that may not be read: the system says why. */
function readableFilesAt(path: string): readonly string[] {
  try {
    return filesAt(path);
  } catch (cause) {
    if (cause instanceof RollbackError) throw cause;
    const message = `looking for tests at ${path}: ${messageOf(cause)}`;
    throw new RollbackError('NOT_FOUND', message, { path }, { cause });
  }
}

function filesAt(path: string): readonly string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new RollbackError('NOT_FOUND', `looking for tests at ${path}: there is no such file or folder`, {
      path,
    });
  if (!stat.isDirectory()) return [path];
  const found = walk(path, basename(path) === 'tests', 0);
  if (found.length > 0) return found;
  const message = `looking for tests in ${path}: no .yaml file in a folder named tests, and no NAME.test.yaml`;
  throw new RollbackError('NOT_FOUND', message, { path });
}

function walk(folder: string, inTests: boolean, depth: number): string[] {
  if (depth > deepest) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
    if (entry.isDirectory()) return walk(path, inTests || entry.name === 'tests', depth + 1);
    const isTest = /\.test\.ya?ml$/.test(entry.name) || (inTests && /\.ya?ml$/.test(entry.name));
    return entry.isFile() && isTest ? [path] : [];
  });
}
