import type { BigIntStats } from 'node:fs';
import { open } from 'node:fs/promises';
import { messageOf } from '../../domain/errors.ts';
import { look, type FileDigests, type Round } from './file-digests.ts';
import { hostPath } from '../../clients/files/host-path.ts';
import { parseManifest, type Listed } from './manifest.ts';
import type { Root } from './rooted-path.ts';

/** What a manifest's files are compared with and by. */
export interface Comparing {
  /** Its path, for people. */
  readonly manifest: string;
  readonly root: Root;
  readonly digests: FileDigests;
  readonly round: Round;
}

/** A manifest as it came out. */
export type Compared =
  | { readonly passed: boolean; readonly detail: string }
  | { readonly why: 'error' | 'insufficient'; readonly detail: string };

const mostManifestBytes = 8 * 2 ** 20;
const mostFiles = 20_000;
const mostBytes = 256n * 2n ** 30n;
/** How many files a detail names. */
const mostNamed = 3;

/** Reads a manifest of the host, within bounds. Never rejects. */
export async function readManifest(
  hostRoot: string,
  path: string,
): Promise<readonly Listed[] | { readonly problem: string }> {
  try {
    const text = await textOf(await hostPath(hostRoot, path));
    const listed = parseManifest(text);
    if ('problem' in listed) return { problem: `cannot read ${path}: ${listed.problem}` };
    if (listed.length <= mostFiles) return listed;
    return { problem: `${path} lists ${listed.length} files, more than ${mostFiles}` };
  } catch (thrown) {
    return { problem: `cannot read ${path}: ${messageOf(thrown)}` };
  }
}

async function textOf(path: string): Promise<string> {
  const seen = await look(path);
  if (!seen.isFile()) throw new Error('it is not a regular file');
  await using file = await open(path, 'r');
  const buffer = Buffer.alloc(Math.min(Number(seen.size), mostManifestBytes) + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > mostManifestBytes) throw new Error('it is larger than 8 MiB');
  if (length > Number(seen.size)) throw new Error('it changed while it was read');
  return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
}

type Found = 'same' | 'unfinished' | { readonly wrong: string } | { readonly unreadable: string };

/** A listed file where it lies, as `stat` sees it now. */
interface Located {
  readonly entry: Listed;
  readonly path: string;
  readonly seen: BigIntStats;
}

/**
 * Compares every listed file. One that is proven missing or different fails, whatever became of the others: trouble
 * with reading one file does not hide another.
 */
export async function compareFiles(listed: readonly Listed[], comparing: Comparing): Promise<Compared> {
  const { manifest, root, digests, round } = comparing;
  const tally: Tally = { all: listed.length, wrong: [], unreadable: [], unfinished: 0 };
  const located: Located[] = [];
  for (const entry of listed) {
    const found = round.signal.aborted ? 'unfinished' : await locate(entry, root);
    if (typeof found === 'object' && 'path' in found) located.push(found);
    else count(tally, entry, found);
  }
  const bytes = located.reduce((sum, { seen }) => sum + seen.size, 0n);
  if (bytes > mostBytes) return { why: 'error', detail: `the files of ${manifest} hold more than 256 GiB` };
  for (const file of located) count(tally, file.entry, await compare(file, digests, round));
  // A round that was cut short has not seen every file.
  if (!round.signal.aborted) digests.forget(new Set(located.map(({ path }) => path)));
  return outcomeOf(tally, manifest);
}

async function locate(entry: Listed, root: Root): Promise<Located | Found> {
  try {
    const found = await root.find(entry.name);
    if ('refused' in found) return { unreadable: found.refused };
    const seen = await look(found.path);
    return seen.isFile() ? { entry, path: found.path, seen } : { wrong: 'is not a file any more' };
  } catch (thrown) {
    return notRead(thrown);
  }
}

async function compare({ entry, path, seen }: Located, digests: FileDigests, round: Round): Promise<Found> {
  try {
    const digested = await digests.of(path, entry.algorithm, seen, round);
    if ('unfinished' in digested) return 'unfinished';
    return digested.digest === entry.digest ? 'same' : { wrong: 'differs' };
  } catch (thrown) {
    return notRead(thrown);
  }
}

function notRead(thrown: unknown): Found {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  return code === 'ENOENT' || code === 'ENOTDIR'
    ? { wrong: 'is missing' }
    : { unreadable: messageOf(thrown) };
}

interface Tally {
  readonly all: number;
  readonly wrong: string[];
  readonly unreadable: string[];
  unfinished: number;
}

function count(tally: Tally, { name }: Listed, found: Found): void {
  if (found === 'unfinished') tally.unfinished += 1;
  if (typeof found === 'string') return;
  if ('wrong' in found) tally.wrong.push(`${shown(name)} ${found.wrong}`);
  else tally.unreadable.push(`${shown(name)}: ${found.unreadable}`);
}

function outcomeOf({ all, wrong, unreadable, unfinished }: Tally, manifest: string): Compared {
  if (wrong.length > 0)
    return { passed: false, detail: `${wrong.length} of ${all} files of ${manifest}: ${some(wrong)}` };
  if (unreadable.length > 0)
    return { why: 'error', detail: `cannot compare with ${manifest}: ${some(unreadable)}` };
  if (unfinished > 0)
    return {
      why: 'insufficient',
      detail: `${all - unfinished} of ${all} files of ${manifest} read so far, all of them the same`,
    };
  const files = all === 1 ? 'the file is' : `all ${all} files are`;
  return { passed: true, detail: `${files} as ${manifest} says` };
}

function some(found: readonly string[]): string {
  const more = found.length > mostNamed ? `, and ${found.length - mostNamed} more` : '';
  return `${found.slice(0, mostNamed).join(', ')}${more}`;
}

/** A name for people: one line, not endless. */
function shown(name: string): string {
  const line = name.replaceAll(/\p{Cc}/gu, '?');
  return line.length > 120 ? `…${line.slice(-119)}` : line;
}
