import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { messageOf, RollbackError } from '../../domain/errors.ts';

/** How deep folders are looked through. */
const deepest = 8;

/** What is found at paths. */
export interface FoundTests {
  /** Files of tests. */
  readonly files: readonly string[];
  /** Folders of packs, tested or not. */
  readonly packs: readonly string[];
}

/**
 * The test files and packs among paths: a file is a test file whatever its name; in a folder, every `.yaml` or `.yml`
 * inside of a folder named `tests` is one, and so is every `NAME.test.yaml`. Hidden folders and `node_modules` are passed
 * over.
 *
 * @throws RollbackError `NOT_FOUND` for a path that is not there or cannot be looked at, or a folder without tests
 */
export function findTests(paths: readonly string[]): FoundTests {
  const found = paths.map(readableAt);
  return {
    files: [...new Set(found.flatMap(({ files }) => files))],
    packs: [...new Set(found.flatMap(({ packs }) => packs))],
  };
}

/** Links that lead in circles, folders that may not be read: the system says why. */
function readableAt(path: string): FoundTests {
  try {
    return foundAt(path);
  } catch (cause) {
    if (cause instanceof RollbackError) throw cause;
    const message = `looking for tests at ${path}: ${messageOf(cause)}`;
    throw new RollbackError('NOT_FOUND', message, { path }, { cause });
  }
}

function foundAt(path: string): FoundTests {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new RollbackError('NOT_FOUND', `looking for tests at ${path}: there is no such file or folder`, {
      path,
    });
  if (!stat.isDirectory()) return { files: [path], packs: [] };
  const all = filesUnder(path, 0);
  const files = all.filter((file) => isTest(join(basename(path), relative(path, file))));
  const packs = all.filter((file) => basename(file) === 'rules.yaml' && !files.includes(file)).map(dirname);
  if (files.length > 0) return { files, packs };
  const message = `looking for tests in ${path}: no .yaml file in a folder named tests, and no NAME.test.yaml`;
  throw new RollbackError('NOT_FOUND', message, { path });
}

function filesUnder(folder: string, depth: number): string[] {
  if (depth > deepest) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
    if (entry.isDirectory()) return filesUnder(path, depth + 1);
    return entry.isFile() ? [path] : [];
  });
}

function isTest(path: string): boolean {
  return /\.test\.ya?ml$/.test(path) || /(^|\/)tests\/(.*\/)?[^/]*\.ya?ml$/.test(path);
}
