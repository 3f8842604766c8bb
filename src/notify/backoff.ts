import { RollbackError } from '../domain/errors.ts';
import type { Failing } from './troubles.ts';
import { HOUR, MINUTE, SECOND } from '../domain/time.ts';

const firstMs = 1 * SECOND;
const lastMs = 1 * MINUTE;

/** The longest that another side may ask us to wait. */
export const longestAskedMs = 1 * HOUR;

/**
 * How long to wait after a failure: doubles from one second to a minute, of which up to half is left to chance, so that
 * daemons that failed together do not come back together.
 *
 * @param failures before this one
 * @param chance from 0 to 1
 */
export function backoffMs(failures: number, chance: number): number {
  const wholeMs = Math.min(lastMs, firstMs * 2 ** Math.min(failures, 16));
  return Math.round(wholeMs * (1 - chance / 2));
}

/** How long the other side asked us to wait; 0 when it said nothing. */
export function askedMs(failure: Error): number {
  const asked = failure instanceof RollbackError ? failure.facts['retryAfterMs'] : undefined;
  return typeof asked === 'number' ? Math.min(asked, longestAskedMs) : 0;
}

/** What a failure says: about the message, about how often we come, or about the way to the other side. */
export function failingOf(failure: Error): Failing {
  if (askedMs(failure) > 0) return 'throttled';
  return failure instanceof RollbackError && failure.recourse === 'give-up' ? 'refused' : 'failed';
}
