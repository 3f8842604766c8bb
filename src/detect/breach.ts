import type { Breach } from '../domain/breach.ts';
import type { Level, Rule } from '../domain/rule.ts';
import { clearBreach } from './clear-breach.ts';
import { easing, hasEased, recoveryOf, stillFiring } from './easing.ts';
import type { Judgement } from './judge.ts';
import { foldNeed } from './need.ts';

/** What a level is counted by. */
interface Terms {
  readonly rule: Rule;
  readonly level: Level;
}

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
  terms: Terms,
): Breach {
  const current = afterGap(breach, at, terms.rule.everyMs);
  const { condition } = terms.level;
  if ('need' in condition) return foldNeed(current, { judgement, at }, { rule: terms.rule, condition });
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
  const none = breach.recent === undefined ? {} : { recent: [] };
  return { ...breach, ...none, previous: null, recoverMs: 0, recoverCount: 0 };
}

/** Whether there is a count that `startOver` would end. */
export function isCounting({ phase, recent = [] }: Breach): boolean {
  return phase === 'pending' || phase === 'recovering' || recent.some(({ breaching }) => breaching);
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
  return gap && (breach.phase !== 'clear' || isCounting(breach)) ? startOver(breach) : breach;
}

function breached(breach: Breach, at: number, level: Level): Breach {
  const previous = { at, breaching: true };
  if (breach.phase === 'firing' || breach.phase === 'recovering') return stillFiring(breach, previous);
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
  if ('forMs' in condition) return ageMs >= condition.forMs;
  return 'failures' in condition && count >= condition.failures;
}

function eased(breach: Breach, at: number, { rule, level }: Terms): Breach {
  if (breach.phase === 'clear' || breach.phase === 'pending') return quiet(at);
  const next = easing(breach, at);
  return hasEased(next, recoveryOf(rule, level.condition)) ? quiet(at) : next;
}

function notEased(breach: Breach, at: number): Breach {
  return breach.phase === 'clear' || breach.phase === 'pending'
    ? quiet(at)
    : stillFiring(breach, { at, breaching: false });
}

function quiet(at: number): Breach {
  return { ...clearBreach, previous: { at, breaching: false }, knownAt: at };
}
