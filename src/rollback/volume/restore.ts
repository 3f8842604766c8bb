import { differenceOf } from '../../domain/backup.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import { uncovered } from '../guarded-data.ts';
import { copyFor, roomProblem } from './restore-set.ts';
import { integrityOf, restoreState, type RestoreState } from './restore-state.ts';
import { exchangeBack, keepBefore, note, settle, type Restoring } from './restoring.ts';
import { inDoubt, startWriters, stopWriters, toBeStopped, together, whyUnhealthy } from './writers.ts';
import { failed } from '../settled.ts';

/**
 *   beside ─▶ stopping ─▶ switching ─▶ starting ─▶ done ─▶ undoing ─▶ undone
 *
 * Each phase is noted before its calls. Until `switching` nothing in use was touched, and a repeat restores anew. What does
 * not come up on the restored content gets the one from before back.
 */
export async function restoreVolume(work: Restoring): Promise<EffectOutcome> {
  const { parts, step, opId, volume } = work;
  let now = await restoreState(parts.records, opId);
  if (now?.phase === 'done') return doneWith(work, now);
  try {
    if (now === null || !isPastCopying(now)) {
      const bare = await uncovered(parts, step, [{ kind: 'volume', name: volume }]);
      if (bare !== null) return failed(bare);
      now = await stopped(work, await beside(work, now));
    }
    if (now.phase === 'switching') now = await switched(work, now);
  } catch (error) {
    return givenUp(work, error);
  }
  try {
    if (now.phase === 'undoing') return await putBack(work, now, 'an earlier attempt did not come up');
    return await started(work, now);
  } catch (error) {
    throw inDoubt(error);
  }
}

function isPastCopying({ phase }: RestoreState): boolean {
  return phase === 'switching' || phase === 'starting' || phase === 'undoing';
}

/** Restores beside what is in use. The copy's checksums are checked to its end before this resolves. */
async function beside(work: Restoring, noted: RestoreState | null): Promise<RestoreState> {
  const { backups, archivist, step, options, volume, mark, signal } = work;
  const copy = await copyFor(backups, step, options);
  const { set, part } = copy;
  const why =
    (await archivist.whyNotHere(volume, part.facts, signal)) ?? (await roomProblem(archivist, copy, signal));
  if (why !== null) throw new RollbackError('REFUSED', why);
  const begun: RestoreState = {
    // What an attempt that died has stopped is not forgotten, though restoring starts over.
    phase: noted?.phase === 'stopping' ? 'stopping' : 'beside',
    set: set.id,
    containers: noted?.containers ?? [],
    copied: Object.values(part.facts.counts)[0] ?? 0,
    before: null,
  };
  await note(work, begun);
  crashPoint('effect.call.between');
  const source = await backups.open(set, part, signal);
  const counted = await archivist.restoreBeside(volume, source, mark, signal);
  const difference = differenceOf(part, counted);
  if (difference !== null) throw new RollbackError('BACKUP_INVALID', difference);
  crashPoint('effect.call.between');
  return begun;
}

async function stopped(work: Restoring, begun: RestoreState): Promise<RestoreState> {
  const { parts, archivist, stopping, volume, signal } = work;
  const found = await toBeStopped(parts, stopping, signal);
  const containers = [...together(begun.containers, found)];
  await note(work, { ...begun, phase: 'stopping', containers });
  crashPoint('effect.call.between');
  await stopWriters(parts, containers, stopping, signal);
  const before = (await archivist.count?.(volume, signal))?.counts[volume] ?? null;
  const next: RestoreState = { ...begun, phase: 'switching', containers, before };
  await note(work, next);
  crashPoint('effect.call.between');
  return next;
}

async function switched(work: Restoring, now: RestoreState): Promise<RestoreState> {
  const { archivist, volume, mark, signal } = work;
  await archivist.switchTo(volume, mark, mark, signal);
  crashPoint('effect.call.between');
  await keepBefore(work, now);
  const next: RestoreState = { ...now, phase: 'starting' };
  await note(work, next);
  crashPoint('effect.call.between');
  return next;
}

async function started(work: Restoring, now: RestoreState): Promise<EffectOutcome> {
  const { parts, stopping, signal } = work;
  const trouble =
    (await startWriters(parts, now.containers, signal)) ??
    (await whyUnhealthy(parts, now.containers, stopping, signal));
  if (trouble !== null) return putBack(work, now, `on what was restored from ${now.set}: ${trouble}`);
  const done: RestoreState = { ...now, phase: 'done' };
  await note(work, done);
  return doneWith(work, done);
}

async function putBack(work: Restoring, now: RestoreState, because: string): Promise<EffectOutcome> {
  const undoing = await exchangeBack(work, now);
  const trouble = await startWriters(work.parts, undoing.containers, work.signal);
  if (trouble !== null) throw new RollbackError('EFFECT_UNKNOWN', `${because}; ${trouble}`);
  await note(work, { ...undoing, phase: 'failed' });
  return failed(`${because}; the content from before was put back`);
}

/** Before the exchange: the scratch goes, and what was stopped is started again. In the midst of it the target is asked. */
async function givenUp(work: Restoring, error: unknown): Promise<EffectOutcome> {
  if (!(error instanceof RollbackError)) throw error;
  const { parts, opId, archivist, volume, mark } = work;
  // What is left half done, or stopped, by an interruption is put right all the same.
  const patient: Restoring = { ...work, signal: new AbortController().signal };
  try {
    const now = await restoreState(parts.records, opId);
    const isBegun =
      now !== null &&
      isPastCopying(now) &&
      (await archivist.switched(volume, mark, mark, patient.signal)) !== 'not_done';
    if (isBegun) throw error;
    const left = await settle(patient);
    if (left !== null) throw new RollbackError('EFFECT_UNKNOWN', `${error.message}; ${left}`);
  } catch (cause) {
    throw inDoubt(cause);
  }
  if (work.signal.aborted) throw inDoubt(error);
  return { ended: 'failed', detail: error.message, retryable: error.recourse === 'retry' };
}

/** Puts back what was in use before, for a later step that failed. */
export async function undoRestore(work: Restoring): Promise<EffectOutcome> {
  const { parts, opId, volume, signal } = work;
  const now = await restoreState(parts.records, opId);
  if (now === null || now.phase === 'beside' || now.phase === 'failed')
    return { ended: 'done', detail: 'nothing had been restored, so nothing is put back' };
  if (now.phase === 'undone') return { ended: 'done', detail: 'it had already been put back' };
  try {
    const undoing = await exchangeBack(work, now);
    const trouble = await startWriters(parts, undoing.containers, signal);
    if (trouble !== null) throw new RollbackError('EFFECT_UNKNOWN', trouble);
    await note(work, { ...undoing, phase: 'undone' });
    return { ended: 'done', detail: `the volume ${volume} is as before` };
  } catch (error) {
    throw inDoubt(error);
  }
}

/** Lets go: nothing that this effect has stopped stays so. */
export async function releaseRestore(work: Restoring): Promise<EffectOutcome> {
  try {
    const trouble = await settle(work);
    if (trouble !== null) return { ended: 'failed', detail: trouble, retryable: true };
    return { ended: 'done', detail: 'everything that was stopped for the restoration was started again' };
  } catch (error) {
    if (!(error instanceof RollbackError)) throw error;
    return { ended: 'failed', detail: `containers may still be stopped: ${error.message}`, retryable: true };
  }
}

function doneWith({ volume }: Restoring, now: RestoreState): EffectOutcome {
  return {
    ended: 'done',
    detail: `the volume ${volume} is as in ${now.set}; what was there before is kept beside it until retention`,
    integrity: integrityOf(volume, now),
  };
}
