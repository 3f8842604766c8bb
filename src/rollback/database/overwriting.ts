import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import { integrityOf } from './integrity.ts';
import { doneWith } from './outcome.ts';
import { progressIn, type Progress } from './progress.ts';
import { countsNow, type Restoring } from './restoring.ts';
import type { StoreCopy } from './store-copies.ts';

/**
 *   reading ─▶ overwriting ─▶ done
 *
 * Writes a copy over the store in use, after it was read to its end once: so its checksums were right before anything is
 * lost. A repeat reads and writes it again from the beginning. There is no way back.
 */
export async function restoreOver(
  work: Restoring,
  choose: (set: string | null) => Promise<StoreCopy>,
): Promise<EffectOutcome> {
  const { backups, records, archivist, store, terminate, opId, signal } = work;
  const begun = progressIn(await records.read(opId));
  if (begun?.phase === 'done') return doneWith(store, begun, noWayBack);
  if (archivist.overwrite === undefined)
    return { ended: 'failed', detail: `${store} cannot be restored in place`, retryable: false };
  const over = begun?.phase === 'overwriting' ? begun : null;
  const copy = await choose(over?.set ?? null);
  const { set, part } = copy;
  let now: Progress = over ?? {
    phase: 'reading',
    set: set.id,
    copied: { ...part.facts.counts },
    before: null,
    restored: null,
    same: [],
    orphans: null,
  };
  try {
    await records.write(opId, now);
    await pipeline(await backups.open(set, part, signal), nowhere(), { signal });
    now = over ?? { ...now, phase: 'overwriting', before: await countsNow(work) };
    await records.write(opId, now);
    crashPoint('effect.call.between');
  } catch (error) {
    if (signal.aborted || over !== null || !(error instanceof RollbackError)) throw error;
    const detail = `${store} was not touched: ${error.message}`;
    return { ended: 'failed', detail, retryable: error.recourse === 'retry' };
  }
  const source = await backups.open(set, part, signal);
  const counted = await archivist
    .overwrite(store, source, signal, { terminate })
    .catch(async (error: unknown) => {
      if (signal.aborted || !(error instanceof RollbackError)) throw error;
      // Refused at the first attempt: nothing has happened.
      if (error.code === 'REFUSED' && over === null) {
        await records.write(opId, { ...now, phase: 'reading' });
        return error;
      }
      throw new RollbackError('EFFECT_UNKNOWN', `${store}: ${error.message}`, {}, { cause: error });
    });
  if (counted instanceof RollbackError)
    return { ended: 'failed', detail: `${store} was not touched: ${counted.message}`, retryable: true };
  crashPoint('effect.call.between');
  const orphans = (await archivist.orphans?.(store, null, signal)) ?? null;
  const done: Progress = {
    ...now,
    phase: 'done',
    restored: { ...counted.counts },
    orphans: orphans === null ? null : { ...orphans },
  };
  const lost = integrityOf(store, done).reduce((sum, row) => sum + (row.lost ?? 0), 0);
  if (lost > 0)
    throw new RollbackError(
      'EFFECT_UNKNOWN',
      `${store} was written over from ${set.id}; rows that are not there: ${lost}`,
    );
  await records.write(opId, done);
  return doneWith(store, done, noWayBack);
}

const noWayBack = 'written over what was there, which is only in the backup set of this incident';

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
