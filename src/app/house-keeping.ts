import { crontab } from '../clients/crontab.ts';
import type { Engine } from '../engine/engine.ts';
import { haltForBrokenJournal } from '../engine/journal-halt.ts';
import { nightEntry, nightly } from '../record/retention.ts';

/** When the house is kept: at night, off the hour that everybody takes. */
const nightlyAt = '17 3 * * *';

/** Checks the hash chain and removes what is past its retention, once a night, until the signal aborts. */
export function keepHouse(engine: Engine, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = crontab().schedule(nightlyAt, () => {
    tonight(engine).catch((error: unknown) => engine.core.fail(error));
  });
  signal.addEventListener('abort', () => {
    cancel();
    resolve();
  });
  return promise;
}

/** The nightly work, with what follows from it. A broken journal halts. */
export async function tonight({ core }: Pick<Engine, 'core'>): Promise<void> {
  const { store, clock } = core.parts;
  const night = await nightly(store, { clock, retention: core.book.configuration.retention });
  await core.turn((turn, { book }) => {
    turn.note(nightEntry(night, turn.at));
    if (night.ended === 'broken') haltForBrokenJournal(turn, book, night.problem);
  });
}
