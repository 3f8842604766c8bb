import { constants } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileFailure, hasCode } from '../../clients/files/failure.ts';
import { holdFolder, type FileRoots, type HeldFolder } from '../../clients/files/held-folder.ts';
import { RollbackError } from '../../domain/errors.ts';

/** Of one file and one reading. */
const mostBytes = 2 * 2 ** 20;
/** Names in a folder of logs that are looked through for the file that was rotated away. */
const mostNames = 2_000;

/** How far a file has been read. */
export interface Mark {
  readonly inode: number;
  readonly offset: number;
  /** The beginning of a line whose end was not written yet. */
  readonly rest: string;
}

/** What was written since the mark; `gap`: and more, which nobody can read any more, or which was too much. */
export interface Appended {
  readonly mark: Mark;
  readonly text: string;
  readonly gap: string | null;
}

/**
 * What was written to a file since it was read last, also when it was rotated away or cut short in between. Of the first look
 * nothing is told: when the lines before it were written is not known. No link is followed.
 *
 * @throws RollbackError `NOT_FOUND`, `REFUSED` outside the declared roots, through a link, or for what is no file
 */
export async function appendedTo(path: string, before: Mark | null, files: FileRoots): Promise<Appended> {
  await using folder = await holdFolder(dirname(path), files);
  try {
    // A pipe would hold a thread of the process until somebody writes into it.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    await using file = await open(folder.at(basename(path)), flags);
    const found = await file.stat();
    if (!found.isFile()) throw new RollbackError('REFUSED', `${path} is not a regular file`, { path });
    const { ino: inode, size } = found;
    if (before === null) return { mark: { inode, offset: size, rest: '' }, text: '', gap: null };
    if (before.inode === inode && size >= before.offset) return await readOn(file, before, size);
    // Cut short in place: what was between the last look and the cut is gone.
    if (before.inode === inode) {
      const read = await readOn(file, { inode, offset: 0, rest: '' }, size);
      return { ...read, gap: read.gap ?? 'the log was cut short since it was read last' };
    }
    const old = await lastOfRotated(folder, path, before);
    const now = await readOn(file, { inode, offset: 0, rest: '' }, size);
    return { mark: now.mark, text: old.text + now.text, gap: old.gap ?? now.gap };
  } catch (cause) {
    throw fileFailure('read', path, cause);
  }
}

/** From the mark to the end; where that is too much, only the mark moves on. */
async function readOn(file: FileHandle, { inode, offset, rest }: Mark, size: number): Promise<Appended> {
  const length = size - offset;
  if (length > mostBytes)
    return {
      mark: { inode, offset: size, rest: '' },
      text: '',
      gap: 'more than 2 MiB were written since the log was read last',
    };
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  const text = rest + buffer.toString('utf8', 0, bytesRead);
  const end = text.lastIndexOf('\n') + 1;
  return {
    mark: { inode, offset: offset + bytesRead, rest: text.slice(end).slice(0, mostBytes) },
    text: text.slice(0, end),
    gap: null,
  };
}

/** The file that was there before lies beside, under another name that begins as its own, until it is compressed. */
async function lastOfRotated(
  folder: HeldFolder,
  path: string,
  before: Mark,
): Promise<{ readonly text: string; readonly gap: string | null }> {
  const gone = { text: '', gap: 'the log was rotated away before it was read to its end' };
  const names = (await readdir(folder.at('.'))).filter((name) => name.startsWith(basename(path)));
  for (const name of names.slice(0, mostNames)) {
    const found = await stat(folder.at(name)).catch(() => null);
    if (found?.ino !== before.inode || !found.isFile() || found.size < before.offset) continue;
    try {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      await using file = await open(folder.at(name), flags);
      const { text, mark, gap } = await readOn(file, before, found.size);
      return { text: text + (mark.rest === '' ? '' : `${mark.rest}\n`), gap };
    } catch (cause) {
      if (hasCode(cause, 'ENOENT', 'ELOOP')) return gone;
      throw cause;
    }
  }
  return gone;
}
