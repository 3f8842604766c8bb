import type { EffectOutcome } from '../domain/effect.ts';
import { RollbackError } from '../domain/errors.ts';

/** Nothing was changed. */
export function failed(detail: string, retryable = false): EffectOutcome {
  return { ended: 'failed', detail, retryable };
}

/** What cannot work is an outcome; what nobody can tell goes on as it is. */
export async function settled(work: () => Promise<EffectOutcome>): Promise<EffectOutcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RollbackError && error.recourse === 'give-up') return failed(error.message);
    throw error;
  }
}
