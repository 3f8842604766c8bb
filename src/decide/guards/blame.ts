import { formatDuration } from '../../domain/time.ts';
import type { Guard } from './guard.ts';

/** What did not change lately is not to blame, and going back would not cure it. */
export const guardBlame: Guard = ({ at, blameMs, changedAt, target }) => {
  if (blameMs === null) return null;
  if (changedAt !== null && at - changedAt <= blameMs) return null;
  const reason = `${target.name} has not changed within the last ${formatDuration(blameMs)}`;
  return { weakens: 'ask', approval: 'lifts', reason };
};
