import { formatDuration } from '../../domain/time.ts';
import type { Guard } from './guard.ts';

/** The daemon as a whole may only roll back so often by itself. */
export const guardBudget: Guard = ({ budget: { used, limit, perMs } }) => {
  if (used < limit) return null;
  const reason = `the daemon has made ${used} of ${limit} automatic rollbacks in the last ${formatDuration(perMs)}`;
  return { weakens: 'ask', approval: 'lifts', reason };
};
