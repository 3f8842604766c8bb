import type { Breach } from '../domain/breach.ts';
import type { Condition, Rule } from '../domain/rule.ts';

/** How long, and over how many readings, a firing level must read well before it ends. */
export interface Recovery {
  readonly forMs: number;
  readonly readings: number;
}

/** As `recover` says; without it, as long as it took to fire, and two readings at least. */
export function recoveryOf({ recover }: Rule, condition: Condition): Recovery {
  if (recover !== null) return { forMs: recover.forMs, readings: recover.forMs === 0 ? 1 : 2 };
  if ('forMs' in condition) return { forMs: condition.forMs, readings: 2 };
  return {
    forMs: 0,
    readings: Math.max(2, 'failures' in condition ? condition.failures : condition.need.of),
  };
}

/** A firing level after a reading that was good: the interval since the one before counts if that was good, too. */
export function easing(breach: Breach, at: number): Breach {
  // After a reading that was not good enough the count is 0: nothing before this reading is part of the run.
  const adjacent = breach.recoverCount > 0 && breach.previous?.breaching === false;
  return {
    ...breach,
    phase: 'recovering',
    previous: { at, breaching: false },
    knownAt: at,
    recoverMs: breach.recoverMs + (adjacent ? Math.max(0, at - (breach.previous?.at ?? at)) : 0),
    recoverCount: breach.recoverCount + 1,
  };
}

/** Whether a recovering level has read well for long enough. */
export function hasEased({ recoverMs, recoverCount }: Breach, { forMs, readings }: Recovery): boolean {
  return recoverCount >= readings && recoverMs >= forMs;
}

/** A firing level after a reading that was not good enough: its recovery begins anew. */
export function stillFiring(breach: Breach, previous: NonNullable<Breach['previous']>): Breach {
  return {
    ...breach,
    phase: 'firing',
    previous,
    knownAt: previous.at,
    recoverMs: 0,
    recoverCount: 0,
  };
}
