import { link, lstat, mkdir, rename, rmdir, unlink, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { crashPoint } from '../../domain/crash-point.ts';
import { RollbackError } from '../../domain/errors.ts';
import { fileFailure, hasCode } from './failure.ts';
import { holdFolder, type FileRoots, type HeldFolder } from './held-folder.ts';
import { removeTree } from './remove-tree.ts';

/** A file or folder of the host that another one takes the place of. */
export interface Exchange {
  /** As the host has it. */
  readonly path: string;
  /** Names what is put beside it: letters, digits and dashes. */
  readonly scratch: string;
  /** Names what was in use before, which stays beside it. */
  readonly keepAs: string;
}

/** Where the new one is made: a folder beside the path, on the same file system. */
export function scratchName(scratch: string): string {
  return `.rollbackd-new-${scratch}`;
}

/** Name of what was in use before, beside the path. */
export function keptName(path: string, keepAs: string): string {
  return `.rollbackd-old-${keepAs}-${basename(path)}`;
}

/** Stands for what was not there before: nothing can be kept of it. */
function absentName(path: string, keepAs: string): string {
  return `${keptName(path, keepAs)}.absent`;
}

/** Opens an empty folder of its own beside a path, and lets work happen there; what an earlier attempt left goes. */
export async function inScratch<T>(
  { path, scratch }: Omit<Exchange, 'keepAs'>,
  files: FileRoots,
  signal: AbortSignal,
  work: (folder: HeldFolder) => Promise<T>,
): Promise<T> {
  await using parent = await holdFolder(dirname(path), files);
  const name = scratchName(scratch);
  await removeTree(parent, name, signal);
  await mkdir(parent.at(name), { mode: 0o700 }).catch((cause: unknown) => {
    throw fileFailure('make a folder beside', path, cause);
  });
  await using folder = await holdFolder(`${dirname(path)}/${name}`, files);
  return await work(folder);
}

/**
 * Puts what lies in the scratch folder into the place of the path; what was there stays under its kept name. A file is
 * replaced in one step. Of a folder one goes and the other comes in two renames. A repeat finishes what was begun.
 *
 * @throws RollbackError `NOT_FOUND` when nothing is there to put, `REFUSED` where the path is a link
 */
export async function exchange({ path, scratch, keepAs }: Exchange, files: FileRoots): Promise<void> {
  await using parent = await holdFolder(dirname(path), files);
  const name = basename(path);
  const fresh = `${scratchName(scratch)}/${name}`;
  const kept = keptName(path, keepAs);
  try {
    if ((await kindAt(parent, fresh)) === null) {
      if ((await switchedIn(parent, { path, scratch, keepAs })) !== 'not_done') {
        await removeEmpty(parent, scratchName(scratch));
        return;
      }
      throw new RollbackError('NOT_FOUND', `nothing was restored beside ${path} that could take its place`);
    }
    const there = await kindAt(parent, name);
    if (there === 'other')
      throw new RollbackError('REFUSED', `${path} is a symbolic link or a device; it is not replaced`);
    if ((await kindAt(parent, kept)) === null) await keep(parent, { path, keepAs }, there);
    crashPoint('effect.call.between');
    await rename(parent.at(fresh), parent.at(name));
    crashPoint('effect.call.between');
    await removeEmpty(parent, scratchName(scratch));
    await parent.handle.sync();
  } catch (cause) {
    throw fileFailure('replace', path, cause);
  }
}

async function keep(
  parent: HeldFolder,
  { path, keepAs }: Omit<Exchange, 'scratch'>,
  there: Kind | null,
): Promise<void> {
  const name = basename(path);
  const kept = keptName(path, keepAs);
  // A file keeps its name until the new one takes it: readers never find it missing.
  if (there === 'file') return link(parent.at(name), parent.at(kept));
  if (there === 'folder') return rename(parent.at(name), parent.at(kept));
  const marker = await open(parent.at(absentName(path, keepAs)), 'w', 0o600);
  await marker.close();
}

/** How far an exchange came. */
export async function exchanged(
  exchange: Exchange,
  files: FileRoots,
): Promise<'done' | 'partial' | 'not_done'> {
  await using parent = await holdFolder(dirname(exchange.path), files);
  return await switchedIn(parent, exchange);
}

async function switchedIn(
  parent: HeldFolder,
  { path, scratch, keepAs }: Exchange,
): Promise<'done' | 'partial' | 'not_done'> {
  const fresh = await kindAt(parent, `${scratchName(scratch)}/${basename(path)}`);
  const marks = [keptName(path, keepAs), absentName(path, keepAs)];
  const kept = (await Promise.all(marks.map((mark) => kindAt(parent, mark)))).some((kind) => kind !== null);
  if (!kept) return 'not_done';
  const left = await kindAt(parent, scratchName(scratch));
  return fresh === null && left === null ? 'done' : 'partial';
}

/** Puts back what was in use before the exchange, and removes what took its place. A repeat finishes what was begun. */
export async function exchangeBack(
  { path, keepAs }: Omit<Exchange, 'scratch'>,
  files: FileRoots,
  signal: AbortSignal,
): Promise<void> {
  await using parent = await holdFolder(dirname(path), files);
  const name = basename(path);
  const kept = keptName(path, keepAs);
  const out = `.rollbackd-out-${keepAs}-${name}`;
  try {
    const before = await kindAt(parent, kept);
    if (before === 'file') await rename(parent.at(kept), parent.at(name));
    const leaves = before === 'folder' || (await kindAt(parent, absentName(path, keepAs))) !== null;
    if (leaves && (await kindAt(parent, name)) !== null) await rename(parent.at(name), parent.at(out));
    crashPoint('effect.call.between');
    if (before === 'folder') await rename(parent.at(kept), parent.at(name));
    crashPoint('effect.call.between');
    await removeTree(parent, out, signal);
    await unlink(parent.at(absentName(path, keepAs))).catch(() => {});
    await parent.handle.sync();
  } catch (cause) {
    throw fileFailure('put back', path, cause);
  }
}

/** Removes what was kept, or what was made and never put to use. What is not there is removed already. */
export async function dropBeside(
  path: string,
  which: string,
  files: FileRoots,
  signal: AbortSignal,
): Promise<void> {
  await using parent = await holdFolder(dirname(path), files);
  for (const name of [scratchName(which), keptName(path, which), absentName(path, which)])
    await removeTree(parent, name, signal);
}

async function removeEmpty(parent: HeldFolder, name: string): Promise<void> {
  await rmdir(parent.at(name)).catch((cause: unknown) => {
    if (!hasCode(cause, 'ENOENT')) throw cause;
  });
}

type Kind = 'file' | 'folder' | 'other';

async function kindAt(folder: HeldFolder, name: string): Promise<Kind | null> {
  try {
    const found = await lstat(folder.at(name));
    if (found.isDirectory()) return 'folder';
    return found.isFile() ? 'file' : 'other';
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw cause;
  }
}
