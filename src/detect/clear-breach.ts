import type { Breach } from '../domain/breach.ts';

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
