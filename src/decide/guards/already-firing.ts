import { nameRelease } from '../../domain/release.ts';
import type { Guard } from './guard.ts';

/** What was wrong before a release arrived is not that release's doing. */
export const guardAlreadyFiring: Guard = ({ alreadyFiring, current }) => {
  if (!alreadyFiring) return null;
  const name = current === null ? 'the present release' : nameRelease(current);
  return { weakens: 'ask', approval: 'lifts', reason: `it was already wrong when ${name} arrived` };
};
