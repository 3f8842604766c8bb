/**
 * What a caller may do after a failure.
 *
 * - `retry`      nothing happened; the same call may work later.
 * - `reconcile`  nobody knows whether it happened; read the target before acting again.
 * - `give-up`    it will never work as asked; a person has to change something.
 */
export type Recourse = 'retry' | 'reconcile' | 'give-up';

/** Every code is listed here, explained in docs/errors.md, and never reused. */
export const errorCodes = {
  // clients: the outside world
  UNREACHABLE: 'retry',
  TIMED_OUT: 'reconcile',
  ANSWER_INVALID: 'give-up',
  ANSWER_TOO_LARGE: 'give-up',
  REFUSED: 'give-up',
  ABORTED: 'reconcile',
  NOT_FOUND: 'give-up',
  // configuration
  CONFIG_INVALID: 'give-up',
  SECRET_MISSING: 'give-up',
  // deciding and planning
  PLAN_REFUSED: 'give-up',
  PLAN_STALE: 'give-up',
  RELEASE_MISSING: 'give-up',
  // effects
  EFFECT_FAILED: 'give-up',
  EFFECT_UNKNOWN: 'reconcile',
  COMMAND_FAILED: 'give-up',
  GIT_CONFLICT: 'give-up',
  GIT_REMOTE_MOVED: 'give-up',
  BACKUP_INVALID: 'give-up',
  // store
  STORE_LOCKED: 'give-up',
  STORE_NEWER: 'give-up',
  STORE_UNUSABLE: 'give-up',
  STORE_CONFLICT: 'reconcile',
  JOURNAL_BROKEN: 'give-up',
  // commands and API
  USAGE: 'give-up',
  UNAUTHORIZED: 'give-up',
  FORBIDDEN: 'give-up',
  DAEMON_UNREACHABLE: 'retry',
  ANSWER_LATE: 'give-up',
  UNEXPECTED: 'reconcile',
  RATE_LIMITED: 'retry',
  REPEAT_UNKNOWN: 'reconcile',
  REPEAT_DIFFERS: 'give-up',
} as const satisfies Record<string, Recourse>;

export type ErrorCode = keyof typeof errorCodes;

/** Facts that may be logged: durations carry their unit in the name, secrets never go in. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/**
 * The only error class that crosses the boundary of a room. Branch on `code`, never on `message`.
 *
 * The message says what was tried, on what, what came back, and what to do next.
 */
export class RollbackError extends Error {
  override readonly name = 'RollbackError';
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.facts = facts;
  }

  get recourse(): Recourse {
    return errorCodes[this.code];
  }
}

/** The message of anything thrown, for logs and wrapped errors. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
