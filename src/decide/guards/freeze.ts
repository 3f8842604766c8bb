import type { Guard } from './guard.ts';

/** While frozen, automatic becomes ask. */
export const guardFreeze: Guard = ({ frozen }) =>
  frozen === null ? null : { weakens: 'ask', approval: 'lifts', reason: frozen };
