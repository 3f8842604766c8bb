import type { Guard } from './guard.ts';

/** Whoever puts the old state back would do it again: fighting would loop. */
export const guardInterference: Guard = ({ interference, target }) => {
  if (interference === null) return null;
  const reason = `${interference} put the old state of ${target.name} back after a rollback; pin the release there first`;
  return { weakens: 'hand_over', approval: 'lifts', reason };
};
