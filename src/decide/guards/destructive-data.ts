import type { Guard } from './guard.ts';

/** What destroys data needs a DBA or two people. */
export const guardDestructiveData: Guard = ({ risk, person }) => {
  if (risk !== 'destructive-data') return null;
  const entitled = person?.role === 'dba' || person?.role === 'admin' || (person?.people ?? 1) >= 2;
  return {
    weakens: 'ask',
    approval: entitled ? 'lifts' : 'needs_dba',
    reason: 'the plan destroys data, which takes a DBA or two people',
  };
};
