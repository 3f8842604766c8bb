import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { writeDurably } from '../files/durably.ts';
import { hasCode } from '../files/failure.ts';

/** How far a switch has come. `putting_back` and `put_back`: it did not work out, and the old link returns. */
export type SwitchPhase = 'switching' | 'restarting' | 'waiting' | 'done' | 'putting_back' | 'put_back';

/** What is written beside a link about one switch of it, so that no restart is lost when the daemon dies. */
export interface Marker {
  readonly opId: string;
  /** Name of the link. */
  readonly link: string;
  readonly phase: SwitchPhase;
  /** What was written in the link before; null when there was none. */
  readonly previousText: string | null;
  /** The link that the switch made, as `LinkPlace.identity`. */
  readonly madeIdentity: string | null;
}

const prefix = '.rollbackd-op-';

/** The marker of this effect beside the link, or null. */
export async function readMarker(link: string, opId: string): Promise<Marker | null> {
  const text = await readFile(fileOf(link, opId), 'utf8').catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return null;
    throw unusable(link, cause);
  });
  return text === null ? null : parse(text);
}

/** Durable before it returns. */
export async function writeMarker(link: string, marker: Marker): Promise<void> {
  const file = fileOf(link, marker.opId);
  try {
    await writeDurably(file, JSON.stringify(marker), { mode: 0o644 });
  } catch (cause) {
    throw unusable(link, cause);
  }
}

/** The marker of the switch that made the link as it is now, or null when somebody else did. */
export async function markerOf(link: string, identity: string): Promise<Marker | null> {
  const all = await markersOf(link);
  return all.find(({ marker }) => marker.madeIdentity === identity)?.marker ?? null;
}

/** Removes the markers of all effects of this link but the given ones. */
export async function forgetOthers(link: string, keep: (opId: string) => boolean): Promise<void> {
  for (const { file, marker } of await markersOf(link))
    if (!keep(marker.opId)) await rm(file, { force: true });
}

async function markersOf(link: string): Promise<{ readonly file: string; readonly marker: Marker }[]> {
  const directory = dirname(link);
  const names = await readdir(directory).catch(() => []);
  const found = [];
  for (const name of names.filter((entry) => entry.startsWith(prefix) && !entry.endsWith('.new'))) {
    const file = join(directory, name);
    const marker = parse(await readFile(file, 'utf8').catch(() => ''));
    if (marker?.link === basename(link)) found.push({ file, marker });
  }
  return found;
}

function fileOf(link: string, opId: string): string {
  const key = createHash('sha256')
    .update(`${basename(link)}\n${opId}`)
    .digest('hex')
    .slice(0, 16);
  return join(dirname(link), `${prefix}${key}`);
}

/** An unreadable marker counts as none: the switch is then told from the link itself, and the restart repeated. */
function parse(text: string): Marker | null {
  try {
    return JSON.parse(text) as Marker;
  } catch {
    return null;
  }
}

function unusable(link: string, cause: unknown): RollbackError {
  const message = `cannot keep a marker beside the link ${link}: ${messageOf(cause)}`;
  return new RollbackError('UNREACHABLE', message, { link }, { cause });
}
