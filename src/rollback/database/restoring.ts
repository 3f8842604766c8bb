import { comparedRows, differenceOf } from '../../domain/backup.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Archivist, Backups } from '../../domain/ports/backups.ts';
import type { EffectRecords } from '../../clients/files/records.ts';
import type { Doing } from '../backup-set.ts';
import { doneWith } from './outcome.ts';
import { besideNames, progressIn, type Progress } from './progress.ts';
import type { StoreCopy } from './store-copies.ts';

/** What is restored, and with what. */
export interface Restoring extends Doing {
  readonly backups: Backups;
  readonly records: EffectRecords;
  readonly archivist: Archivist;
  readonly store: string;
  readonly terminate: boolean;
}

/**
 *   beside ─▶ switching ─▶ done ─▶ undoing ─▶ undone
 *
 * Each phase is recorded before its calls. Until `switching` nothing in use was touched, and a repeat starts over; from
 * then on a repeat finishes.
 */
export async function restoreAndSwitch(
  work: Restoring,
  choose: () => Promise<StoreCopy>,
): Promise<EffectOutcome> {
  const { records, store, opId } = work;
  const begun = progressIn(await records.read(opId));
  if (begun?.phase === 'done') return doneWith(store, begun, keptText(opId));
  const ready = begun?.phase === 'switching' ? begun : await beside(work, await choose());
  return 'ended' in ready ? ready : switchOver(work, ready);
}

function keptText(opId: string): string {
  return `what was there before is kept as ${besideNames(opId).was}`;
}

/** Restores into a database of its own, and counts there. What fails here leaves nothing behind. */
async function beside(work: Restoring, copy: StoreCopy): Promise<Progress | EffectOutcome> {
  const { backups, records, archivist, store, opId, signal } = work;
  const { set, part } = copy;
  const { scratch } = besideNames(opId);
  const copied = { ...part.facts.counts };
  const nothing = { copied, before: null, restored: null, same: [], orphans: null };
  await records.write(opId, { phase: 'beside', set: set.id, ...nothing });
  // Should nobody come back to it, it goes with retention.
  await backups.keep({ set: set.id, kind: 'store', name: store, keepAs: scratch });
  crashPoint('effect.call.between');
  try {
    const source = await backups.open(set, part, signal);
    const counted = await archivist.restoreBeside(store, source, scratch, signal);
    crashPoint('effect.call.between');
    const problem = differenceOf(part, counted) ?? otherSchema(copy, counted.schemaVersion);
    if (problem !== null) throw new RollbackError('BACKUP_INVALID', problem);
    const orphans = (await archivist.orphans?.(store, scratch, signal)) ?? null;
    const before = await countsNow(work);
    const ready: Progress = {
      phase: 'switching',
      set: set.id,
      copied,
      before,
      restored: { ...counted.counts },
      // Had one of them been another, it would have been refused.
      same: Object.keys(comparedRows(part.facts, counted)),
      orphans: orphans === null ? null : { ...orphans },
    };
    await records.write(opId, ready);
    crashPoint('effect.call.between');
    return ready;
  } catch (error) {
    if (signal.aborted || !(error instanceof RollbackError)) throw error;
    await clear(work);
    const detail = `${store} was not touched: ${error.message}`;
    return { ended: 'failed', detail, retryable: error.recourse === 'retry' };
  }
}

function otherSchema({ part, set }: StoreCopy, version: string | null): string | null {
  const { schemaVersion } = part.facts;
  if (schemaVersion === null || version === schemaVersion) return null;
  return `${part.name}: what was restored has schema version ${version ?? 'none'}, and ${set.id} says ${schemaVersion}`;
}

/** What is broken may not be countable; that keeps nobody from replacing it. */
export async function countsNow({
  archivist,
  store,
  signal,
}: Pick<Restoring, 'archivist' | 'store' | 'signal'>): Promise<Record<string, number> | null> {
  try {
    const counted = await archivist.count?.(store, signal);
    return counted === undefined ? null : { ...counted.counts };
  } catch (error) {
    if (signal.aborted || !(error instanceof RollbackError)) throw error;
    return null;
  }
}

async function switchOver(work: Restoring, ready: Progress): Promise<EffectOutcome> {
  const { backups, records, archivist, store, terminate, opId, signal } = work;
  const { scratch, was } = besideNames(opId);
  await backups.keep({ set: ready.set, kind: 'store', name: store, keepAs: was });
  crashPoint('effect.call.between');
  try {
    await archivist.switchTo(store, scratch, was, signal, { terminate });
  } catch (error) {
    if (signal.aborted || !(error instanceof RollbackError)) throw error;
    const stands = await archivist.switched(store, scratch, was, signal).catch(() => 'unknown');
    if (stands !== 'not_done')
      throw new RollbackError('EFFECT_UNKNOWN', `${store}: ${error.message}`, {}, { cause: error });
    await records.write(opId, { ...ready, phase: 'beside' });
    await clear(work);
    const detail = `${store} is as it was: ${error.message}`;
    return { ended: 'failed', detail, retryable: true };
  }
  crashPoint('effect.call.between');
  const done: Progress = { ...ready, phase: 'done' };
  await records.write(opId, done);
  await backups.unkeep({ keepAs: scratch });
  return doneWith(store, done, keptText(opId));
}

/** Removes what was only beside. */
async function clear({ backups, archivist, store, opId }: Restoring): Promise<void> {
  const { scratch, was } = besideNames(opId);
  // The step's own time may be over; what cannot be removed now goes with retention.
  try {
    await archivist.drop(store, scratch, new AbortController().signal);
    await backups.unkeep({ keepAs: scratch });
    await backups.unkeep({ keepAs: was });
  } catch (error) {
    if (!(error instanceof RollbackError)) throw error;
  }
}

/** Puts what was in use before back into use; what had been restored stays beside until retention. */
export async function switchBack(work: Restoring): Promise<EffectOutcome> {
  const { backups, records, archivist, store, terminate, opId, signal } = work;
  const { scratch, was, undone } = besideNames(opId);
  const begun = progressIn(await records.read(opId));
  if (begun === null) return { ended: 'done', detail: 'nothing had been restored, so nothing is put back' };
  if (begun.phase === 'undone') return { ended: 'done', detail: 'it had already been put back' };
  if (begun.phase === 'beside' || (begun.phase === 'switching' && (await isUnswitched(work)))) {
    await clear(work);
    await records.write(opId, { ...begun, phase: 'undone' });
    return { ended: 'done', detail: `${store} had not been replaced, so nothing is put back` };
  }
  // Half a switch is finished first: only a whole one can be turned round.
  if (begun.phase === 'switching') await archivist.switchTo(store, scratch, was, signal, { terminate });
  await records.write(opId, { ...begun, phase: 'undoing' });
  await backups.keep({ set: begun.set, kind: 'store', name: store, keepAs: undone });
  crashPoint('effect.call.between');
  await archivist.switchTo(store, was, undone, signal, { terminate });
  crashPoint('effect.call.between');
  await records.write(opId, { ...begun, phase: 'undone' });
  await backups.unkeep({ keepAs: was });
  return { ended: 'done', detail: `${store} is as before; what had been restored is kept as ${undone}` };
}

async function isUnswitched({ archivist, store, opId, signal }: Restoring): Promise<boolean> {
  const { scratch, was } = besideNames(opId);
  return (await archivist.switched(store, scratch, was, signal)) === 'not_done';
}
