import { z } from 'zod';
import type { EffectRecords } from '../../clients/files/records.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Finding, Step } from '../../domain/plan.ts';
import type { Archivist, Backups } from '../../domain/ports/backups.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { nameRelease, schemasOf } from '../../domain/release.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import { setExpected, setWords, setWordsMeaning } from '../../domain/set-choice.ts';
import { MINUTE } from '../../domain/time.ts';
import type { BackupStepParts, Doing } from '../backup-set.ts';
import { restoreOver } from '../database/overwriting.ts';
import { integrityOf } from '../database/integrity.ts';
import { progressIn } from '../database/progress.ts';
import { restoreAndSwitch, switchBack, type Restoring } from '../database/restoring.ts';
import { copyOf, whyNoArchivist, type StoreCopy } from '../database/store-copies.ts';
import { uncovered } from '../guarded-data.ts';
import { asShell } from './shell-text.ts';
import { failed } from '../settled.ts';

const schema = z.strictObject({
  store: z.string().min(1).describe('The database that comes back: one of data_stores'),
  from: z
    .union([z.enum(setWords), z.string().regex(/^b-[0-9a-z-]+$|^\$\{/, setExpected)])
    .default('newest')
    .describe(`The set; ${setWordsMeaning}`),
  in_place: z
    .boolean()
    .default(false)
    .describe(
      'Whether the copy is written over the database in use, after it was read once; that cannot be undone. Else it is restored beside it, counted, and switched to',
    ),
  terminate: z
    .boolean()
    .default(false)
    .describe(
      'Whether connections that would keep it from being switched to are ended; else the step fails and names them',
    ),
  schema: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The schema version that the copy must have; that which the release gone back to was recorded with, unless stated',
    ),
});
export type DatabaseRestoreOptions = z.output<typeof schema>;

export interface DatabaseRestoreParts extends BackupStepParts {
  readonly records: EffectRecords;
}

/**
 * Brings a database back from a backup set: restored into one of its own, checked and counted there, and switched to;
 * the one before stays beside it, for the undo and until retention. `in_place` writes over the one in use instead.
 */
export function databaseRestoreDriver(parts: DatabaseRestoreParts): Driver<DatabaseRestoreOptions> {
  return {
    kind: 'database.restore',
    effect: 'probe',
    risk: 'destructive-data',
    options: schema,
    deadlineMs: 60 * MINUTE,
    needsRelease: false,
    async read(step) {
      const { store, from, in_place: over } = schema.parse(step.options);
      const copy = parts.backups === null ? null : await chosen(parts.backups, step).catch(() => null);
      const which = from === 'incident' ? 'the set of the incident' : (copy?.set.id ?? from);
      return {
        identity: `${store} from ${which}${over ? ' in place' : ''}`,
        detail: { set: copy?.set.id ?? null, made: copy?.set.madeAt ?? null },
      };
    },
    preflight: (step, _facts, signal) => preflight(parts, step, signal),
    describe(step, { detail: { set, made } }) {
      const { store, from, in_place: over, terminate } = schema.parse(step.options);
      const when = typeof made === 'number' ? ` of ${new Date(made).toISOString().slice(0, 16)}Z` : '';
      const which =
        from === 'incident'
          ? 'the backup set of this incident'
          : `${typeof set === 'string' ? set : from}${when}`;
      const ending = terminate ? '; connections in the way are ended' : '';
      if (over) return `write ${store} over from ${which}: THIS CANNOT BE UNDONE${ending}`;
      return `bring ${store} back from ${which}: restored beside, counted, then switched to; the one before stays beside it${ending}`;
    },
    apply: (step, opId, signal) => restore(parts, { step, opId, signal }),
    async probe(_step, opId) {
      const progress = progressIn(await parts.records.read(opId));
      if (progress === null || progress.phase === 'undone') return 'not_done';
      return progress.phase === 'done' ? 'done' : 'partial';
    },
    async integrityOf(step, opId) {
      const progress = progressIn(await parts.records.read(opId));
      return progress?.phase === 'done' ? integrityOf(schema.parse(step.options).store, progress) : null;
    },
    undoable: (step) => !schema.parse(step.options).in_place,
    undo: (step, opId, signal) => putBack(parts, { step, opId, signal }),
    replaces: (step) => [{ kind: 'store', name: schema.parse(step.options).store }],
    byHand(step) {
      const { store, from } = schema.parse(step.options);
      const id = from.startsWith('b-') ? from : 'ID';
      return [asShell(['rollbackd', 'backup', 'restore', id, '--part', store, '--yes'])];
    },
  };
}

function chosen(backups: Backups, step: Step, set: string | null = null): Promise<StoreCopy> {
  const { store, from } = schema.parse(step.options);
  return copyOf(backups, { store, from: set ?? from, incident: step.incident });
}

type Told = readonly Omit<Finding, 'step'>[];

async function preflight({ backups }: DatabaseRestoreParts, step: Step, signal: AbortSignal): Promise<Told> {
  const { store, from, in_place: over, terminate } = schema.parse(step.options);
  const refuse = (message: string) => ({ level: 'refuse', message }) as const;
  if (backups === null) return [refuse('no backups are configured; add backups: to the main file')];
  const unknown = whyNoArchivist(backups, store);
  if (unknown !== null) return [refuse(unknown)];
  const archivist = backups.archivist({ kind: 'store', name: store });
  if (over && archivist.overwrite === undefined)
    return [refuse(`${store} cannot be restored in place; leave in_place out`)];
  try {
    // That of the incident is made by a step before this one: there is none yet.
    const problem =
      from === 'incident' ? null : await whyNotThat(archivist, step, await chosen(backups, step), signal);
    if (problem !== null) return [refuse(problem)];
    const room = over ? [] : await roomFor(archivist, store, signal);
    return [...room, ...(terminate ? [] : await inTheWay(archivist, store, signal))];
  } catch (error) {
    if (!(error instanceof RollbackError)) throw error;
    return [refuse(messageOf(error))];
  }
}

async function whyNotThat(
  archivist: Archivist,
  step: Step,
  { set, part }: StoreCopy,
  signal: AbortSignal,
): Promise<string | null> {
  const { store, schema: expected } = schema.parse(step.options);
  const why = await archivist.whyNotHere(store, part.facts, signal);
  if (why !== null) return `${store} cannot be restored from ${set.id}: ${why}`;
  const version = part.facts.schemaVersion;
  if (expected !== undefined && version !== expected)
    return `${store} is not restored from ${set.id}: its schema version is ${version ?? 'not known'}, and ${expected} is expected`;
  const recorded = step.to === null ? undefined : schemasOf(step.to).get(store);
  if (expected !== undefined || recorded === undefined || version === null || version === recorded)
    return null;
  return `${store} is not restored from ${set.id}: its schema version is ${version}, and ${step.to === null ? 'the release' : nameRelease(step.to)} ran with ${recorded}; take another set, or say schema: '${version}' if it runs with that, too`;
}

async function roomFor(archivist: Archivist, store: string, signal: AbortSignal): Promise<Told> {
  const room = (await archivist.room?.(store, signal)) ?? null;
  if (room === null || room.neededBytes <= room.freeBytes) return [];
  const size = (bytes: number): string => formatQuantity(bytes, 'bytes');
  const message = `there is no room for a second ${store} beside the one in use: about ${size(room.neededBytes)} are needed, and ${size(room.freeBytes)} are free on its server; make room, or write over it with in_place: true`;
  return [{ level: 'refuse', message }];
}

async function inTheWay(archivist: Archivist, store: string, signal: AbortSignal): Promise<Told> {
  const connected = (await archivist.connected?.(store, signal)) ?? [];
  if (connected.length === 0) return [];
  const shown = connected.slice(0, 5).join(', ');
  const more = connected.length > 5 ? ` and ${connected.length - 5} more` : '';
  const message = `connected to ${store} are ${shown}${more}; those that are still in the way then make the step fail, unless it says terminate: true`;
  return [{ level: 'warn', message }];
}

async function restore(parts: DatabaseRestoreParts, doing: Doing): Promise<EffectOutcome> {
  const { step, opId, signal } = doing;
  const { in_place: over, store } = schema.parse(step.options);
  const { backups, records } = parts;
  if (backups === null) return failed('no backups are configured');
  if (!(await mayHaveBegun(records, opId))) {
    const bare = await uncovered(parts, step, [{ kind: 'store', name: store }]);
    if (bare !== null) return failed(bare);
  }
  const work = workOf({ ...parts, backups }, doing);
  const choose = async (set: string | null = null): Promise<StoreCopy> => {
    const copy = await chosen(backups, step, set);
    const why = await whyNotThat(work.archivist, step, copy, signal);
    if (why !== null) throw new RollbackError('REFUSED', why);
    return copy;
  };
  try {
    return over ? await restoreOver(work, choose) : await restoreAndSwitch(work, () => choose());
  } catch (error) {
    if (signal.aborted || !(error instanceof RollbackError) || error.recourse === 'reconcile') throw error;
    // Before anything in use may have been touched a refusal is an answer; after that nobody can tell.
    if (await mayHaveBegun(records, opId))
      throw new RollbackError('EFFECT_UNKNOWN', error.message, {}, { cause: error });
    return failed(error.message, error.recourse === 'retry');
  }
}

async function mayHaveBegun(records: EffectRecords, opId: string): Promise<boolean> {
  const phase = progressIn(await records.read(opId))?.phase;
  return phase === 'switching' || phase === 'overwriting' || phase === 'done';
}

function workOf(
  { backups, records }: DatabaseRestoreParts & { readonly backups: Backups },
  doing: Doing,
): Restoring {
  const { store, terminate } = schema.parse(doing.step.options);
  const archivist = backups.archivist({ kind: 'store', name: store });
  return { ...doing, backups, records, archivist, store, terminate };
}

async function putBack({ backups, ...parts }: DatabaseRestoreParts, doing: Doing): Promise<EffectOutcome> {
  if (backups === null) return { ended: 'done', detail: 'nothing had been restored, so nothing is put back' };
  return switchBack(workOf({ ...parts, backups }, doing));
}
