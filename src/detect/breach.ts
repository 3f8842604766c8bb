import type { Breach } from '../domain/breach.ts';
import type { Level, Rule } from '../domain/rule.ts';
import type { Judgement } from './judge.ts';

/** A level that nothing is known about. */
export const clearBreach: Breach = Object.freeze({
  phase: 'clear',
  since: null,
  ageMs: 0,
  count: 0,
  firedAt: null,
  previous: null,
  knownAt: null,
  recoverMs: 0,
  recoverCount: 0,
});

/**
 * Folds one reading into a level. Pure; docs/detection.md holds it as a table.
 *
 *   clear ─▶ pending ─▶ firing ◀─▶ recovering
 *     ▲         │                      │
 *     └─────────┴──────────────────────┘
 *
 * Time counts only between two adjacent readings that mean the same: a reading that says nothing, or does not
 * count, stands between its neighbours. So a blind daemon can be late, and never early.
 */
export function foldBreach(
  breach: Breach,
  { judgement, at }: { readonly judgement: Judgement; readonly at: number },
  terms: { readonly rule: Rule; readonly level: Level },
): Breach {
  const current = afterGap(breach, at, terms.rule.everyMs);
  switch (judgement) {
    case 'unknown':
      return current.previous === null ? current : { ...current, previous: null };
    case 'held':
      return { ...current, previous: null, knownAt: at };
    case 'breaching':
      return breached(current, at, terms.level);
    case 'recovered':
      return eased(current, at, terms);
    case 'between':
      return notEased(current, at);
  }
}

/** Pending and recovering start over; what fires goes on firing. */
export function startOver(breach: Breach): Breach {
  if (breach.phase === 'pending') return { ...clearBreach, knownAt: breach.knownAt };
  return { ...breach, previous: null, recoverMs: 0, recoverCount: 0 };
}

/**
 * What is left of a stored level when the daemon starts: the time while it was down counts for nothing, neither
 * towards firing nor towards recovering nor as a gap.
 */
export function restoredBreach(breach: Breach, now: number): Breach {
  if (breach.previous?.at === now) return breach;
  return { ...breach, previous: null, knownAt: breach.knownAt === null ? null : now };
}

/** More than three intervals without a good reading: whatever was being counted starts over. */
function afterGap(breach: Breach, at: number, everyMs: number): Breach {
  const gap = breach.knownAt !== null && at - breach.knownAt > 3 * everyMs;
  return gap && breach.phase !== 'clear' ? startOver(breach) : breach;
}

function breached(breach: Breach, at: number, level: Level): Breach {
  const previous = { at, breaching: true };
  if (breach.phase === 'firing' || breach.phase === 'recovering')
    return { ...breach, phase: 'firing', previous, knownAt: at, recoverMs: 0, recoverCount: 0 };
  const adjacentMs = breach.previous?.breaching === true ? Math.max(0, at - breach.previous.at) : 0;
  const next: Breach = {
    ...breach,
    phase: 'pending',
    since: breach.since ?? at,
    ageMs: breach.ageMs + adjacentMs,
    count: breach.count + 1,
    previous,
    knownAt: at,
  };
  return complete(next, level) ? { ...next, phase: 'firing', firedAt: at } : next;
}

/** An age takes two readings: one alone completes only `for: 0s`. */
function complete({ ageMs, count }: Breach, { condition }: Level): boolean {
  return 'failures' in condition ? count >= condition.failures : ageMs >= condition.forMs;
}

function eased(breach: Breach, at: number, terms: { readonly rule: Rule; readonly level: Level }): Breach {
  if (breach.phase === 'clear' || breach.phase === 'pending') return quiet(at);
  // After a reading that was not good enough the count is 0: nothing before this reading is part of the run.
  const adjacent = breach.recoverCount > 0 && breach.previous?.breaching === false;
  const recoverMs = breach.recoverMs + (adjacent ? Math.max(0, at - (breach.previous?.at ?? at)) : 0);
  const recoverCount = breach.recoverCount + 1;
  const needed = recoveryOf(terms);
  if (recoverCount >= needed.readings && recoverMs >= needed.forMs) return quiet(at);
  return {
    ...breach,
    phase: 'recovering',
    previous: { at, breaching: false },
    knownAt: at,
    recoverMs,
    recoverCount,
  };
}

/** How long, and over how many readings, a firing level must read well before it ends. */
function recoveryOf({ rule, level }: { readonly rule: Rule; readonly level: Level }): {
  readonly forMs: number;
  readonly readings: number;
} {
  if (rule.recover !== null) return { forMs: rule.recover.forMs, readings: rule.recover.forMs === 0 ? 1 : 2 };
  const { condition } = level;
  if ('failures' in condition) return { forMs: 0, readings: Math.max(2, condition.failures) };
  return { forMs: condition.forMs, readings: 2 };
}

function notEased(breach: Breach, at: number): Breach {
  if (breach.phase === 'clear' || breach.phase === 'pending') return quiet(at);
  return {
    ...breach,
    phase: 'firing',
    previous: { at, breaching: false },
    knownAt: at,
    recoverMs: 0,
    recoverCount: 0,
  };
}

function quiet(at: number): Breach {
  return { ...clearBreach, previous: { at, breaching: false }, knownAt: at };
}
