import { createHash, type Hash } from 'node:crypto';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readHeldFile, type ReadFileState } from '../../clients/files/held-file.ts';
import type { FileRoots } from '../../clients/files/held-folder.ts';
import { scanTar, type TarEntry } from '../../clients/tar/scan.ts';
import type { BackupPart, BackupSet } from '../../domain/backup.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Backups } from '../../domain/ports/backups.ts';
import { textChange } from './text-change.ts';

/** A part of a set that is larger is not compared beforehand. */
const mostBytes = 64 * 2 ** 20;
/** Of one file whose content is compared line by line. */
const mostFileBytes = 256 * 2 ** 10;
/** Of all files that are held at once. */
const mostHeldBytes = 16 * 2 ** 20;
/** Files that are told of by name. */
const mostTold = 20;

/** Where the files to be compared come from. */
export interface Comparing {
  readonly set: BackupSet;
  readonly part: BackupPart;
  /** The path that comes back. */
  readonly path: string;
  readonly files: FileRoots;
  readonly backups: Backups;
}

/**
 * What a restoration would change of each file that the set holds: its content, mode and owner; for people, bounded, without
 * values that may be secrets. Nothing is written anywhere.
 */
export async function changesOf(comparing: Comparing, signal: AbortSignal): Promise<readonly string[]> {
  const { part, path, set } = comparing;
  if (part.plainBytes > mostBytes) return [`${path}: too large in ${set.id} to be compared beforehand`];
  const stored = await filesIn(comparing, signal);
  const changes: string[] = [];
  for (const file of stored) changes.push(...(await changeOf(file, comparing.files)));
  const more = changes.length - mostTold;
  return more > 0 ? [...changes.slice(0, mostTold), `… and ${more} more files`] : changes;
}

interface StoredFile {
  /** As the host has it. */
  readonly path: string;
  readonly entry: TarEntry;
  /** null: it is too large to be held. */
  readonly content: Buffer | null;
  /** SHA-256 of its content; null: the archive holds it with holes. */
  readonly digest: string | null;
}

/** The files of the archive that lie at the path or beneath it. */
async function filesIn({ set, part, path, backups }: Comparing, signal: AbortSignal): Promise<StoredFile[]> {
  const found: Reading[] = [];
  let held = 0;
  let current: Reading | null = null;
  const above = part.name.slice(0, part.name.length - basename(part.name).length);
  const scan = scanTar({
    entry(entry) {
      const at = `${above}${entry.path}`;
      current = null;
      if (entry.type !== 'file' || (at !== path && !at.startsWith(`${path}/`))) return;
      const fits = entry.bytes <= mostFileBytes && held + entry.bytes <= mostHeldBytes;
      if (fits) held += entry.bytes;
      current = { path: at, entry, pieces: fits ? [] : null, hash: createHash('sha256') };
      found.push(current);
    },
    content(chunk) {
      current?.hash.update(chunk);
      current?.pieces?.push(Buffer.from(chunk));
    },
  });
  await pipeline(
    await backups.open(set, part, signal),
    scan,
    async (chunks: AsyncIterable<unknown>) => {
      for await (const _ of chunks) signal.throwIfAborted();
    },
    { signal },
  );
  return found.map(({ path: at, entry, pieces, hash }) => ({
    path: at,
    entry,
    content: pieces === null || entry.sparse ? null : Buffer.concat(pieces),
    digest: entry.sparse ? null : hash.digest('hex'),
  }));
}

interface Reading {
  readonly path: string;
  readonly entry: TarEntry;
  readonly pieces: Buffer[] | null;
  readonly hash: Hash;
}

async function changeOf(stored: StoredFile, files: FileRoots): Promise<readonly string[]> {
  const { path, entry } = stored;
  const present = await presentOf(path, files);
  if (present === 'missing') return [`${path}: is not there, comes back with ${entry.bytes} bytes`];
  if (present === 'unreadable') return [`${path}: cannot be compared`];
  const changes: string[] = [];
  const [was, will] = [present.mode.toString(8), (entry.mode & 0o7777).toString(8)];
  if (was !== will) changes.push(`mode ${was} → ${will}`);
  const [owner, next] = [`${present.uid}:${present.gid}`, `${entry.uid}:${entry.gid}`];
  if (owner !== next) changes.push(`owner ${owner} → ${next}`);
  changes.push(...contentChange(stored, present.content));
  return changes.length === 0 ? [] : [`${path}: ${changes.join('; ')}`];
}

function contentChange({ path, entry, content, digest }: StoredFile, present: Buffer): readonly string[] {
  const sizes = `${present.length} → ${entry.bytes} bytes`;
  if (digest === null) return [`${sizes}, not compared further`];
  if (createHash('sha256').update(present).digest('hex') === digest) return [];
  if (content === null || present.length > mostFileBytes) return [`other content, ${sizes}`];
  return textChange(path, present, content) ?? [`other content, no text, ${sizes}`];
}

async function presentOf(path: string, files: FileRoots): Promise<ReadFileState | 'missing' | 'unreadable'> {
  try {
    return await readHeldFile(path, files);
  } catch (error) {
    return error instanceof RollbackError && error.code === 'NOT_FOUND' ? 'missing' : 'unreadable';
  }
}
