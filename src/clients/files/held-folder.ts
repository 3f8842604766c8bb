import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { RollbackError } from '../../domain/errors.ts';
import { fileFailure } from './failure.ts';
import { hostPath } from './host-path.ts';

/** Folders of the host that steps may change things in. */
export interface FileRoots {
  /** Where the host's file system is mounted; `/` outside a container. */
  readonly hostRoot: string;
  /** Absolute paths as the host has them. */
  readonly roots: readonly string[];
}

/**
 * A folder that is held open. What is done by `at` happens in this very folder, whatever is renamed or linked over its
 * path meanwhile.
 */
export interface HeldFolder extends AsyncDisposable {
  /** As the host has it, for people. */
  readonly path: string;
  /** Where a name of this folder is reached. The name itself may be a link: callers open it without following. */
  at(name: string): string;
  readonly handle: FileHandle;
}

const asFolder = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Why a path may not be changed, or null. Says nothing about what is really there. */
export function outsideProblem(path: string, { roots }: FileRoots): string | null {
  if (roots.length === 0)
    return `${path} may not be changed: the configuration declares no file_roots to change things in`;
  if (rootOf(path, roots) !== null) return null;
  return `${path} may not be changed: it is not inside ${roots.join(' or ')} (file_roots)`;
}

/**
 * Opens a folder inside a declared root, or the root itself, without following a single link on the way.
 *
 * @throws RollbackError `REFUSED` outside the roots or through a link, `NOT_FOUND`
 */
export async function holdFolder(path: string, files: FileRoots): Promise<HeldFolder> {
  const root =
    rootOf(path, files.roots) ?? (resolve(path) === path && files.roots.includes(path) ? path : null);
  if (root === null) throw new RollbackError('REFUSED', outsideProblem(path, files) ?? path, { path });
  let handle = await opened(await rootAt(root, files), root);
  let reached = root;
  for (const name of relative(root, path).split('/').filter(Boolean)) {
    reached = join(reached, name);
    await using above = handle;
    handle = await opened(through(above, name), reached);
  }
  return {
    path,
    handle,
    at: (name) => through(handle, name),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** Whoever declared a root meant it as the host sees it: links above it are followed there, the root itself is none. */
async function rootAt(root: string, { hostRoot }: FileRoots): Promise<string> {
  return join(await hostPath(hostRoot, dirname(root)), basename(root));
}

async function opened(at: string, shown: string): Promise<FileHandle> {
  try {
    return await open(at, asFolder);
  } catch (cause) {
    throw fileFailure('open the folder', shown, cause);
  }
}

/** Linux resolves this to the open folder itself, not to its path. */
function through(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

/** The declared root that a path lies in; never the path itself. */
function rootOf(path: string, roots: readonly string[]): string | null {
  if (!path.startsWith('/') || resolve(path) !== path) return null;
  const around = roots.filter((root) => path.startsWith(root === '/' ? '/' : `${root}/`));
  return around.toSorted((a, b) => b.length - a.length)[0] ?? null;
}
