import { nameRelease } from '../../domain/release.ts';
import type { Guard } from './guard.ts';

/** What a rollback put there is not rolled back further without a person. */
export const guardRepeat: Guard = ({ afterRollback, current, target }) => {
  if (!afterRollback) return null;
  const name = current === null ? `what ran on ${target.name}` : nameRelease(current);
  return { weakens: 'ask', approval: 'lifts', reason: `${name} was itself put there by a rollback` };
};
