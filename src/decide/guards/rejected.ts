import type { Guard } from './guard.ts';

/** An incident that a person rejected never rolls back by itself. */
export const guardRejected: Guard = ({ rejected }) =>
  rejected
    ? { weakens: 'ask', approval: 'lifts', reason: 'a person rejected a rollback for this incident' }
    : null;
