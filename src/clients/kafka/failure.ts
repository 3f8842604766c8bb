import type { KafkaStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';

/** What brokers said, or that nobody can tell: `REFUSED`, `NOT_FOUND`, or `UNREACHABLE` where the same may work later. */
export function kafkaFailure(
  { name, brokers }: KafkaStore,
  tried: string,
  cause: unknown,
  signal: AbortSignal,
): Error {
  const where = `${name} (${brokers.join(', ')})`;
  if (cause instanceof RollbackError) return cause;
  if (signal.aborted)
    return new RollbackError('ABORTED', `interrupted while it tried to ${tried} in ${where}`);
  const all = within(cause);
  if (all.some((error) => codeOf(error, 'code') === 'PLT_KFK_AUTHENTICATION'))
    return new RollbackError(
      'REFUSED',
      `could not ${tried} in ${where}: the login was refused; look at user, password and mechanism`,
    );
  const said = all.map((error) => codeOf(error, 'apiId')).find((code) => code !== null);
  if (said !== undefined && said !== null) {
    const code = passing.has(said) ? 'UNREACHABLE' : 'REFUSED';
    return new RollbackError(code, `could not ${tried} in ${where}: it said ${said}`, { said });
  }
  if (all.some((error) => codeOf(error, 'code') === 'PLT_KFK_USER'))
    return new RollbackError(
      'NOT_FOUND',
      `could not ${tried} in ${where}: there is no such topic or partition`,
    );
  const system = all.map((error) => codeOf(error, 'code')).findLast((code) => code !== null);
  return new RollbackError('UNREACHABLE', `could not ${tried} in ${where}: ${system ?? 'no answer'}`);
}

/** What a cluster says while it arranges itself. */
const passing = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
]);

/** An error and all that it was made of. */
function within(cause: unknown, deep = 0): readonly Error[] {
  if (!(cause instanceof Error) || deep > 5) return [];
  const inner: unknown[] = 'errors' in cause && Array.isArray(cause.errors) ? cause.errors : [];
  return [cause, ...[...inner, cause.cause].flatMap((error) => within(error, deep + 1))];
}

function codeOf(error: Error, key: 'code' | 'apiId'): string | null {
  const code = key in error ? (error as Error & Readonly<Record<typeof key, unknown>>)[key] : null;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : null;
}
