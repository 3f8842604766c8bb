import { lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { z } from 'zod';
import { fileFailure, hasCode } from '../../clients/files/failure.ts';
import {
  holdFolder,
  outsideProblem,
  type FileRoots,
  type HeldFolder,
} from '../../clients/files/held-folder.ts';
import type { EffectRecords } from '../../clients/files/records.ts';
import { removeTree } from '../../clients/files/remove-tree.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import { digest, type Json } from '../../domain/json.ts';
import type { Step } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import { MINUTE } from '../../domain/time.ts';
import { asShell } from './shell-text.ts';

const schema = z.strictObject({
  path: z
    .string()
    .regex(/^(\/|\$\{)/, 'expected an absolute path')
    .describe('The folder; it stays, what is in it goes. It must lie inside one of file_roots'),
  missing_ok: z.boolean().default(true).describe('Whether a folder that is not there counts as clear'),
});
export type ClearOptions = z.output<typeof schema>;

export interface ClearParts {
  readonly files: FileRoots;
  readonly records: EffectRecords;
}

/**
 * Empties a folder, such as a cache. What was in it when the step began goes, once; what a service puts there meanwhile
 * stays: entries are first moved aside into a folder of this effect's own, which is then removed. Links in it are
 * removed, never followed.
 */
export function directoryClearDriver(parts: ClearParts): Driver<ClearOptions> {
  const { files, records } = parts;
  return {
    kind: 'directory.clear',
    effect: 'probe',
    risk: 'disruptive',
    options: schema,
    deadlineMs: 5 * MINUTE,
    needsRelease: false,
    async read(step) {
      const { path } = schema.parse(step.options);
      const entries = await entriesOf(path, files);
      return { identity: `folder ${path}`, detail: { path, entries: entries?.length ?? null } };
    },
    async preflight(step) {
      const { path, missing_ok } = schema.parse(step.options);
      const outside = outsideProblem(path, files);
      if (outside !== null) return [{ level: 'refuse', message: outside }];
      const entries = await entriesOf(path, files);
      if (entries === null)
        return missing_ok ? [] : [{ level: 'refuse', message: `there is no folder ${path}` }];
      const mounted = await mountsIn(path, entries, files);
      return mounted.map((name) => ({
        level: 'refuse',
        message: `${path}/${name} is mounted from elsewhere; clear that volume by itself`,
      }));
    },
    describe(step, { detail: { entries } }) {
      const { path } = schema.parse(step.options);
      if (typeof entries !== 'number') return `clear ${path}, which is not there`;
      return `clear ${path} (${entries} ${entries === 1 ? 'entry' : 'entries'}); this cannot be undone`;
    },
    apply: (step, opId, signal) => clear(parts, schema.parse(step.options), opId, signal),
    async probe(_step, opId) {
      const record = recordOf(await records.read(opId));
      if (record === null) return 'not_done';
      return record.phase === 'done' ? 'done' : 'partial';
    },
    undoable: () => false,
    byHand,
  };
}

/**
 *   clearing ─▶ removing ─▶ done
 *
 * Each phase is recorded before its calls: clearing, which entries are to go, since what comes after that belongs to the
 * service, under whatever name. From `removing` on nothing more is moved aside.
 */
async function clear(
  { files, records }: ClearParts,
  { path }: ClearOptions,
  opId: string,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const begun = recordOf(await records.read(opId));
  if (begun?.phase === 'done') return { ended: 'done', detail: `${path} had already been cleared` };
  try {
    const folder = await holdFolder(path, files).catch(ifMissing);
    if (folder === null)
      return { ended: 'done', detail: `${path} is not there, so there is nothing to clear` };
    await using held = folder;
    const aside = `${prefix}${digest(opId).slice(0, 12)}`;
    if (begun?.phase !== 'removing') {
      const entries = begun?.entries ?? (await presentIn(held));
      await records.write(opId, { phase: 'clearing', entries });
      await moveAside(held, aside, entries, signal);
      await records.write(opId, { phase: 'removing' });
    }
    const { files: count, bytes } = await removeTree(held, aside, signal);
    await records.write(opId, { phase: 'done' });
    return { ended: 'done', detail: `cleared ${path}: ${count} files, ${formatQuantity(bytes, 'bytes')}` };
  } catch (error) {
    if (error instanceof RollbackError && error.recourse === 'give-up')
      return { ended: 'failed', detail: error.message, retryable: false };
    throw error;
  }
}

const prefix = '.rollbackd-clear-';

/** A name, and the inode that it stood for: a later file of the same name is another one. */
type Entry = [name: string, inode: number];

/** What is in a folder now, without what another clearing left: that is finished by that one. */
async function presentIn(folder: HeldFolder): Promise<Entry[]> {
  const names = (await readdir(folder.at('.'))).filter((name) => !name.startsWith(prefix));
  const entries: Entry[] = [];
  for (const name of names) {
    const inode = await inodeOf(folder, name);
    if (inode !== null) entries.push([name, inode]);
  }
  return entries;
}

async function inodeOf(folder: HeldFolder, name: string): Promise<number | null> {
  try {
    return (await lstat(folder.at(name))).ino;
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw fileFailure('look at', `${folder.path}/${name}`, cause);
  }
}

async function moveAside(
  folder: HeldFolder,
  aside: string,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<void> {
  await mkdir(folder.at(aside), { mode: 0o700 }).catch((cause: unknown) => {
    if (!hasCode(cause, 'EEXIST')) throw fileFailure('make a folder in', folder.path, cause);
  });
  for (const [name, inode] of entries) {
    if (signal.aborted) throw new RollbackError('ABORTED', `interrupted while clearing ${folder.path}`);
    if ((await inodeOf(folder, name)) !== inode) continue;
    await rename(folder.at(name), folder.at(`${aside}/${name}`)).catch((cause: unknown) => {
      if (!hasCode(cause, 'ENOENT')) throw fileFailure('move aside', `${folder.path}/${name}`, cause);
    });
    crashPoint('effect.call.between');
  }
}

const recordSchema = z.object({
  phase: z.enum(['clearing', 'removing', 'done']),
  /** What is to go; known from before the first of it is moved. */
  entries: z.array(z.tuple([z.string(), z.number()])).optional(),
});

function recordOf(record: Json): z.output<typeof recordSchema> | null {
  return record === null ? null : recordSchema.parse(record);
}

/** The names in a folder; null when it is not there. */
async function entriesOf(path: string, files: FileRoots): Promise<readonly string[] | null> {
  if (outsideProblem(path, files) !== null) return null;
  const folder = await holdFolder(path, files).catch(ifMissing);
  if (folder === null) return null;
  await using held = folder;
  return (await readdir(held.at('.'))).toSorted();
}

async function mountsIn(path: string, entries: readonly string[], files: FileRoots): Promise<string[]> {
  await using held = await holdFolder(path, files);
  const { dev } = await held.handle.stat();
  const devices = await Promise.all(
    entries.map(async (name) => [name, await lstat(held.at(name)).catch(() => null)] as const),
  );
  return devices.flatMap(([name, found]) => (found !== null && found.dev !== dev ? [name] : []));
}

function ifMissing(error: unknown): null {
  if (error instanceof RollbackError && error.code === 'NOT_FOUND') return null;
  throw error;
}

function byHand(step: Step): string[] {
  const { path } = schema.parse(step.options);
  return [asShell(['find', path, '-xdev', '-mindepth', '1', '-delete'])];
}
