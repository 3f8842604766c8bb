import type { Guard } from './guard.ts';

/** A plan may be made anew twice; what keeps changing is for people. */
export const guardFactsChanged: Guard = ({ voided }) => {
  if (voided <= 2) return null;
  const reason = `the facts changed under its plan ${voided} times`;
  return { weakens: 'hand_over', approval: 'lifts', reason };
};
