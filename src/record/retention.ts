import type { Configuration } from '../domain/configuration.ts';
import { RollbackError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { NewEntry, Store } from '../domain/ports/store.ts';
import { DAY } from '../domain/time.ts';

/** Longer than any repeat of a click, a signed request or an idempotent call may take. */
const inboxMs = 2 * DAY;

export type Retention = Pick<Configuration['retention'], 'incidentsMs' | 'readingsMs'>;

/** What went, in rows. */
export type Pruned = Awaited<ReturnType<Store['prune']>>;

/** How a night ended. Only `broken` means that somebody changed the journal. */
export type Night =
  | { readonly ended: 'done'; readonly pruned: Pruned }
  | { readonly ended: 'broken'; readonly problem: string }
  | { readonly ended: 'failed'; readonly error: RollbackError };

/** Instants before which closed incidents and readings are past retention. */
export function cutoffs(retention: Retention, now: number): Parameters<Store['prune']>[0] {
  return {
    incidents: now - retention.incidentsMs,
    readings: now - retention.readingsMs,
    inbox: now - inboxMs,
  };
}

/**
 * The nightly work: verifies the journal, then removes what is past retention. Of a broken journal nothing is removed:
 * it is evidence. Failures of the store are values too.
 */
export async function nightly(
  store: Pick<Store, 'prune' | 'verifyJournal'>,
  { retention, clock }: { readonly retention: Retention; readonly clock: Clock },
): Promise<Night> {
  try {
    const problem = await store.verifyJournal();
    if (problem !== null) return { ended: 'broken', problem };
    return { ended: 'done', pruned: await store.prune(cutoffs(retention, clock.now())) };
  } catch (thrown) {
    if (thrown instanceof RollbackError) return { ended: 'failed', error: thrown };
    throw thrown;
  }
}

/** The night as a fact for the journal, the log and, where something is wrong, people. */
export function nightEntry(night: Night, at: number): NewEntry {
  const base = { at, incident: null, target: null };
  switch (night.ended) {
    case 'done': {
      const { incidents, readings, entries } = night.pruned;
      return {
        ...base,
        type: 'journal.verified',
        message:
          'The journal verifies. ' +
          `Past retention and removed: ${incidents} incidents, ${entries} entries, ${readings} readings.`,
        facts: { incidents, readings, entries },
      };
    }
    case 'broken':
      return {
        ...base,
        type: 'journal.broken',
        message:
          `The journal does not verify: ${night.problem}. Nothing was removed. ` +
          'Keep a copy of the store, and compare it with the head in the last closing message.',
        facts: { problem: night.problem },
      };
    case 'failed':
      return {
        ...base,
        type: 'journal.unverified',
        message: `The journal could not be verified or pruned. ${night.error.message}`,
        facts: { code: night.error.code },
      };
  }
}
