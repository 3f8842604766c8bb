import type { Reading } from '../domain/reading.ts';
import type { Confirmation, Confirmer } from '../domain/ports/verifier.ts';
import type { Rule, Severity } from '../domain/rule.ts';
import { formatDuration } from '../domain/time.ts';
import { assess, proofOf, shareOf, type Proof } from './recovery.ts';

/** Without a known reading for more than this many intervals, recovering starts over. */
const longestGap = 3;
/** How many intervals the readings may be late. */
const margin = 3;

/**
 * The pure fold over fresh readings that decides whether the incident's own rules recovered.
 *
 * Only readings at least `window` after the last effect and its settling count. Good time is the sum of the intervals
 * between adjacent good readings; time that touches an unknown reading adds nothing.
 */
export const confirmer: Confirmer = {
  begin: (rule, severity, effectAt, settleMs) => ({
    rule: rule.id,
    severity,
    from: effectAt + settleMs + rule.windowMs,
    state: 'waiting',
    recoverMs: 0,
    count: 0,
    previous: null,
    knownAt: null,
    known: 0,
    detail: '',
  }),
  fold: foldReading,
  deadline: (rules, effectAt, settleMs) =>
    rules.reduce(
      (latest, { rule, severity }) => Math.max(latest, effectAt + settleMs + neededMs(rule, severity)),
      effectAt + settleMs,
    ),
};

function neededMs(rule: Rule, severity: Severity): number {
  const { of } = shareOf(rule, severity) ?? { of: 0 };
  return rule.windowMs + proofOf(rule, severity).forMs + (of + margin) * rule.everyMs;
}

function foldReading(confirmation: Confirmation, rule: Rule, reading: Reading): Confirmation {
  const { from, knownAt = null, severity } = confirmation;
  if (reading.at < from || (knownAt !== null && reading.at <= knownAt)) return confirmation;
  const assessed = assess(rule, severity, reading);
  const share = shareOf(rule, severity);
  if (share !== null && assessed !== 'unknown')
    return foldShare(confirmation, rule, { reading, share, breaching: assessed === 'breaching' });
  switch (assessed) {
    case 'unknown':
      return foldUnknown(confirmation, reading);
    case 'good':
      return foldGood(confirmation, rule, reading);
    case 'between':
      // Neither breaching nor good: what has recovered stays recovered, what has not starts over.
      return confirmation.state === 'recovered'
        ? seen(confirmation, reading, false)
        : startOver(confirmation, reading, 'waiting');
    case 'breaching':
      return startOver(confirmation, reading, 'breaching');
  }
}

function foldUnknown(confirmation: Confirmation, { detail }: Reading): Confirmation {
  const told = confirmation.state === 'recovered' ? confirmation.detail : `cannot see: ${detail}`;
  return { ...confirmation, previous: null, detail: told };
}

/** Signals that flap have recovered when too few of as many readings breach as the level looks at. */
function foldShare(
  confirmation: Confirmation,
  rule: Rule,
  {
    reading,
    share,
    breaching,
  }: {
    readonly reading: Reading;
    readonly share: { readonly breaches: number; readonly of: number };
    readonly breaching: boolean;
  },
): Confirmation {
  const before = hasLostSight(confirmation, rule, reading) ? [] : (confirmation.recent ?? []);
  const recent = [...before, breaching].slice(-share.of);
  const bad = recent.filter((one) => one).length;
  const told = `${reading.detail}; ${bad} of the last ${recent.length} readings breach`;
  const next = {
    ...seen(confirmation, reading, !breaching),
    recent,
    count: recent.length - bad,
    detail: told,
  };
  if (bad >= share.breaches) return { ...next, state: 'breaching' };
  const recovered = confirmation.state === 'recovered' || recent.length >= share.of;
  return { ...next, state: recovered ? 'recovered' : 'recovering' };
}

function hasLostSight({ knownAt = null }: Confirmation, { everyMs }: Rule, { at }: Reading): boolean {
  return knownAt !== null && at - knownAt > longestGap * everyMs;
}

function foldGood(confirmation: Confirmation, rule: Rule, reading: Reading): Confirmation {
  const { previous, state } = confirmation;
  const lost = hasLostSight(confirmation, rule, reading);
  const base = lost && state !== 'recovered' ? { recoverMs: 0, count: 0 } : confirmation;
  const addedMs = !lost && previous?.good === true ? reading.at - previous.at : 0;
  const next = {
    ...seen(confirmation, reading, true),
    recoverMs: base.recoverMs + addedMs,
    count: base.count + 1,
  };
  const proof = proofOf(rule, confirmation.severity);
  const recovered = state === 'recovered' || isProven(next, proof);
  return {
    ...next,
    state: recovered ? 'recovered' : 'recovering',
    detail: recovered ? `${reading.detail}${held(proof)}` : `${reading.detail}; ${progress(next, proof)}`,
  };
}

function isProven({ recoverMs, count }: Pick<Confirmation, 'recoverMs' | 'count'>, proof: Proof): boolean {
  return count >= proof.readings && recoverMs >= proof.forMs;
}

function held({ forMs, readings }: Proof): string {
  if (forMs > 0) return `, good for ${formatDuration(forMs)}`;
  return readings > 1 ? `, good ${readings} times` : '';
}

function progress({ recoverMs, count }: Confirmation, { forMs, readings }: Proof): string {
  if (forMs > 0) return `good for ${formatDuration(Math.min(recoverMs, forMs))} of ${formatDuration(forMs)}`;
  return `good ${count} of ${readings} times`;
}

function startOver(
  confirmation: Confirmation,
  reading: Reading,
  state: 'waiting' | 'breaching',
): Confirmation {
  return { ...seen(confirmation, reading, false), state, recoverMs: 0, count: 0 };
}

function seen(confirmation: Confirmation, { at, detail }: Reading, good: boolean): Confirmation {
  return { ...confirmation, previous: { at, good }, knownAt: at, known: confirmation.known + 1, detail };
}
