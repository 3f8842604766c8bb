import type { Guard } from './guard.ts';

/** While halted nothing starts, whoever asks. */
export const guardHalt: Guard = ({ halted }) =>
  halted === null ? null : { weakens: 'wait', approval: 'refused', reason: halted };
