import type { Guard } from './guard.ts';

/** Whoever puts the old state back would do it again: fighting would loop. */
export const guardInterference: Guard = ({ interference }) =>
  interference === null ? null : { weakens: 'hand_over', approval: 'lifts', reason: interference };
