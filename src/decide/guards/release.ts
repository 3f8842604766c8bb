import type { Guard } from './guard.ts';

/** A rollback needs a release to go to; a person may name one that is there, never one that is missing. */
export const guardRelease: Guard = ({ needsRelease, candidate, person }) => {
  if (!needsRelease || candidate.release !== null) return null;
  const named = person?.namedRelease ?? false;
  return {
    weakens: 'hand_over',
    approval: named ? 'refused' : 'needs_release',
    reason: candidate.problem,
  };
};
