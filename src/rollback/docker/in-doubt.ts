import { RollbackError } from '../../domain/errors.ts';

/** What goes wrong once a call may have been made: nobody knows how far it came, so the target is asked. Throws what is not ours. */
export function inDoubt(error: unknown): RollbackError {
  if (!(error instanceof RollbackError)) throw error;
  const message = `${error.message}; running the step again finishes the rest`;
  return new RollbackError('EFFECT_UNKNOWN', message, error.facts, { cause: error });
}
