import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { messageOf } from '../domain/errors.ts';

/** Reads a text file. Rejects when it cannot; `code` is the system's own (`ENOENT`, `EACCES`…) where there is one. */
export type ReadFile = (path: string) => Promise<string>;

/** The largest configuration file that is looked at. */
export const largestFileBytes = 1024 * 1024;

/**
 * Reads at most one byte more than `largestFileBytes` of a regular file, so that a huge file or a device costs
 * nothing before it is refused.
 */
export async function readTextFile(path: string): Promise<string> {
  // A pipe would be waited for until somebody writes into it, if ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error('not a regular file');
    const buffer = Buffer.alloc(largestFileBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return decode(buffer.subarray(0, length));
  } finally {
    await file.close();
  }
}

/** A text, or why there is none: `missing` when the file does not exist. */
export type TextRead = { readonly text: string } | { readonly missing: boolean; readonly problem: string };

/** Reads a text and turns the ways in which that fails into words. */
export async function tryRead(readFile: ReadFile, path: string): Promise<TextRead> {
  try {
    const text = await readFile(path);
    if (Buffer.byteLength(text) <= largestFileBytes) return { text };
    return { missing: false, problem: 'is larger than 1 MiB, the limit for a configuration file' };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    return { missing: code === 'ENOENT', problem: `cannot be read: ${wordsFor(code) ?? messageOf(error)}` };
  }
}

function wordsFor(code: string | null): string | null {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a folder';
  return null;
}

function decode(bytes: Uint8Array): string {
  // A file that was cut at the limit may end inside a character; its size is refused anyway.
  if (bytes.length > largestFileBytes) return Buffer.from(bytes).toString('latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('it is not UTF-8 text');
  }
}
