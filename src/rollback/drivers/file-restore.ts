import { basename } from 'node:path';
import { z } from 'zod';
import { dropBeside, exchange, exchangeBack, inScratch } from '../../clients/files/exchange.ts';
import { outsideProblem, type FileRoots } from '../../clients/files/held-folder.ts';
import type { EffectRecords } from '../../clients/files/records.ts';
import { unpackInto } from '../../clients/tar/gnu-tar.ts';
import type { BackupPart, BackupSet } from '../../domain/backup.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { digest, type Json } from '../../domain/json.ts';
import type { Finding, Step } from '../../domain/plan.ts';
import type { Backups } from '../../domain/ports/backups.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { chooseSet, partHolding, setExpected, setWords, setWordsMeaning } from '../../domain/set-choice.ts';
import { MINUTE } from '../../domain/time.ts';
import { changesOf } from '../files/restore-changes.ts';
import { digestOfTree, differencesOf, type TreeDigest } from '../files/tree-digest.ts';
import { uncovered, type DataGuard } from '../guarded-data.ts';
import { asShell } from './shell-text.ts';

const path = z.string().regex(/^(\/|\$\{)/, 'expected an absolute path');
const schema = z.strictObject({
  paths: z
    .array(path)
    .min(1)
    .describe('Files and folders that come back. Each must lie inside file_roots, and in the set'),
  from: z
    .union([z.enum(setWords), z.string().regex(/^b-[0-9a-z-]+$|^\$\{/, setExpected)])
    .default('newest')
    .describe(`The set; ${setWordsMeaning}`),
});
export type FileRestoreOptions = z.output<typeof schema>;

export interface FileRestoreParts extends DataGuard {
  readonly files: FileRoots;
  readonly records: EffectRecords;
  /** null where no backups are configured. */
  readonly backups: Backups | null;
}

/**
 * Brings files and folders back from a backup set. All are restored beside those in use and digested first; only then
 * does each take its place: a file in one step, a folder in two renames. What was there stays beside it, for the undo.
 */
export function fileRestoreDriver(parts: FileRestoreParts): Driver<FileRestoreOptions> {
  return {
    kind: 'file.restore',
    effect: 'probe',
    risk: 'destructive-data',
    options: schema,
    deadlineMs: 15 * MINUTE,
    needsRelease: false,
    async read(step) {
      const { paths, from } = schema.parse(step.options);
      const set = await setFor(parts, step).catch(() => null);
      return {
        identity: `files ${paths.join(' ')} from ${from === 'incident' ? 'the set of the incident' : (set?.id ?? from)}`,
        detail: { set: set?.id ?? null, made: set?.madeAt ?? null },
      };
    },
    preflight: (step, _facts, signal) => preflight(parts, step, signal),
    describe(step, { detail: { set, made } }) {
      const { paths, from } = schema.parse(step.options);
      const when = typeof made === 'number' ? ` of ${new Date(made).toISOString().slice(0, 16)}Z` : '';
      const which =
        from === 'incident'
          ? 'the backup set of this incident'
          : `${typeof set === 'string' ? set : from}${when}`;
      return `bring ${paths.join(', ')} back from ${which}; what is there stays beside it`;
    },
    apply: (step, opId, signal) => restore(parts, { step, opId, signal }),
    async probe(_step, opId) {
      const record = stateIn(await parts.records.read(opId));
      if (record === null) return 'not_done';
      return record.phase === 'done' ? 'done' : 'partial';
    },
    undo: (step, opId, signal) => putBack(parts, { step, opId, signal }),
    replaces: (step) => schema.parse(step.options).paths.map((name) => ({ kind: 'files', name })),
    byHand(step) {
      const { paths, from } = schema.parse(step.options);
      const id = from.startsWith('b-') ? from : 'ID';
      const named = paths.flatMap((name) => ['--part', name]);
      return [asShell(['rollbackd', 'backup', 'restore', id, ...named, '--yes'])];
    },
  };
}

interface Doing {
  readonly step: Step;
  readonly opId: string;
  readonly signal: AbortSignal;
}

async function preflight(
  parts: FileRestoreParts,
  step: Step,
  signal: AbortSignal,
): Promise<readonly Omit<Finding, 'step'>[]> {
  const { paths, from } = schema.parse(step.options);
  const refuse = (message: string) => ({ level: 'refuse', message }) as const;
  const outside = paths.flatMap((name) => outsideProblem(name, parts.files) ?? []);
  if (outside.length > 0) return outside.map(refuse);
  // It is made by the step before this one: there is none yet.
  if (from === 'incident') return parts.backups === null ? [refuse('no backups are configured')] : [];
  try {
    const set = await setFor(parts, step);
    return (await wouldChange(parts, set, paths, signal)).map((message) => ({ level: 'warn', message }));
  } catch (error) {
    return [refuse(messageOf(error))];
  }
}

/** What a dry run shows of the difference; that it cannot be told keeps nothing from being restored. */
async function wouldChange(
  { files, backups }: FileRestoreParts,
  set: BackupSet,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const changes: string[] = [];
  for (const path of paths) {
    const part = partFor(set, path);
    if (part === null || backups === null) continue;
    try {
      changes.push(...(await changesOf({ set, part, path, files, backups }, signal)));
    } catch (error) {
      signal.throwIfAborted();
      changes.push(`${path}: what would change is not known: ${messageOf(error)}`);
    }
  }
  return changes;
}

async function setFor({ backups }: FileRestoreParts, step: Step): Promise<BackupSet> {
  const { paths, from } = schema.parse(step.options);
  if (backups === null)
    throw new RollbackError('REFUSED', 'no backups are configured; add backups: to the main file');
  const things = paths.map((name) => ({ kind: 'files', name }) as const);
  return chooseSet(backups, { from, incident: step.incident, things });
}

function partFor(set: BackupSet, name: string): BackupPart | null {
  return partHolding(set, { kind: 'files', name });
}

const state = z.object({
  phase: z.enum(['beside', 'switching', 'done', 'undone']),
  set: z.string(),
  differences: z.array(z.string()),
});
type State = z.output<typeof state>;

function stateIn(record: Json): State | null {
  return state.safeParse(record).data ?? null;
}

/**
 *   beside ─▶ switching ─▶ done ─▶ undone
 *
 * Each phase is recorded before its calls. Until `switching` nothing in use was touched, and a repeat starts over.
 */
async function restore(parts: FileRestoreParts, { step, opId, signal }: Doing): Promise<EffectOutcome> {
  const { records, files, backups } = parts;
  const { paths } = schema.parse(step.options);
  const begun = stateIn(await records.read(opId));
  if (begun?.phase === 'done') return doneWith(begun);
  try {
    const named = namesOf(opId);
    let now: State;
    if (begun?.phase === 'switching') now = begun;
    else {
      const bare = await uncovered(
        parts,
        step,
        paths.map((name) => ({ kind: 'files', name })),
      );
      if (bare !== null || backups === null)
        return { ended: 'failed', detail: bare ?? 'no backups are configured', retryable: false };
      const set = await setFor(parts, step);
      await records.write(opId, { phase: 'beside', set: set.id, differences: [] });
      const differences: string[] = [];
      for (const [index, name] of paths.entries())
        differences.push(...(await beside(parts, { set, name, scratch: `${named}-${index}`, signal })));
      now = { phase: 'switching', set: set.id, differences };
      await records.write(opId, now);
    }
    for (const [index, name] of paths.entries()) {
      await exchange({ path: name, scratch: `${named}-${index}`, keepAs: `${named}-${index}` }, files);
      crashPoint('effect.call.between');
    }
    const done: State = { ...now, phase: 'done' };
    await records.write(opId, done);
    return doneWith(done);
  } catch (error) {
    const phase = stateIn(await records.read(opId))?.phase;
    if (signal.aborted || phase === 'switching' || !(error instanceof RollbackError)) throw error;
    for (const [index, name] of paths.entries())
      await dropBeside(name, `${namesOf(opId)}-${index}`, files, signal).catch(() => {});
    return { ended: 'failed', detail: error.message, retryable: error.recourse === 'retry' };
  }
}

/** Short, the same for the same effect, and not that of another. */
function namesOf(opId: string): string {
  return digest(opId).slice(0, 12);
}

interface Beside {
  readonly set: BackupSet;
  readonly name: string;
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** Restores one path beside the one in use. @returns how they differ */
async function beside(
  { files, backups }: FileRestoreParts,
  { set, name, scratch, signal }: Beside,
): Promise<readonly string[]> {
  const part = partFor(set, name);
  if (part === null || backups === null) throw new RollbackError('NOT_FOUND', `${set.id} holds no ${name}`);
  const member = part.name === name ? null : `${basename(part.name)}${name.slice(part.name.length)}`;
  return inScratch({ path: name, scratch }, files, signal, async (folder) => {
    const at = `/proc/${process.pid}/fd/${folder.handle.fd}`;
    await unpackInto({ folder: at, shown: name, member }, await backups.open(set, part, signal), signal);
    crashPoint('effect.call.between');
    const restored = await digestOfTree(`${at}/${basename(name)}`, signal, 'durable');
    if (restored === null)
      throw new RollbackError('BACKUP_INVALID', `${set.id} does not hold ${name}, though it says so`);
    const before: TreeDigest = (await digestOfTree(`${at}/../${basename(name)}`, signal)) ?? new Map();
    return differencesOf(name, before, restored);
  });
}

function doneWith({ set, differences }: State): EffectOutcome {
  const count = differences.length;
  return {
    ended: 'done',
    detail: `restored from ${set}: ${count === 0 ? 'nothing was different' : `${count} ${count === 1 ? 'file was' : 'files were'} different`}`,
    evidence: { [`files from ${set}`]: differences.slice(0, 500).join('\n') },
  };
}

async function putBack(
  { records, files }: FileRestoreParts,
  { step, opId, signal }: Doing,
): Promise<EffectOutcome> {
  const { paths } = schema.parse(step.options);
  const begun = stateIn(await records.read(opId));
  if (begun === null || begun.phase === 'beside')
    return { ended: 'done', detail: 'nothing had been restored, so nothing is put back' };
  if (begun.phase === 'undone') return { ended: 'done', detail: 'it had already been put back' };
  for (const [index, name] of paths.entries()) {
    const mark = `${namesOf(opId)}-${index}`;
    await exchangeBack({ path: name, keepAs: mark }, files, signal);
    await dropBeside(name, mark, files, signal);
    crashPoint('effect.call.between');
  }
  await records.write(opId, { ...begun, phase: 'undone' });
  return { ended: 'done', detail: `${paths.join(', ')} ${paths.length === 1 ? 'is' : 'are'} as before` };
}
