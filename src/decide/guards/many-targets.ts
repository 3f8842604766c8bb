import type { Guard } from './guard.ts';

/** Many targets in trouble at once point to something that they share. */
export const guardManyTargets: Guard = ({ affected: { targets, of } }) => {
  const many = targets >= 3 || (of >= 4 && targets > of / 2);
  if (!many) return null;
  const reason = `${targets} of ${of} targets fired or went blind within 2m, so the cause may be elsewhere`;
  return { weakens: 'ask', approval: 'lifts', reason };
};
