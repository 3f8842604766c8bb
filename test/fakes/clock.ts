import { settle as settleRounds, SimulatedClock as RehearsalClock } from '../../src/app/rehearsal/clock.ts';

/** 2026-01-05 was a Monday. */
export const start = Date.UTC(2026, 0, 5, 12, 0, 0);

/** Turns of the event loop that real parts under test, such as drivers that read files, may take. */
const rounds = 10;

/** A clock that stands still until the test moves it. Alarms ring in order, each followed by what it set off. */
export class SimulatedClock extends RehearsalClock {
  /** @param turns of the event loop that what an alarm sets off may take: 1 is enough, and fast, where all is in memory */
  constructor(at: number = start, turns: number = rounds) {
    super(at, turns);
  }
}

/** Lets everything that can go on without time passing go on. */
export function settle(): Promise<void> {
  return settleRounds(rounds);
}
