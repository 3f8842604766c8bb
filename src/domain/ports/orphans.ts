/** A child of a daemon that was killed, still running on its behalf. */
export interface Orphan {
  readonly pid: number;
  /** Start time in clock ticks since boot; together with `pid` it names one process for good. */
  readonly startTicks: number;
  /** Name of the program, without its arguments. */
  readonly program: string;
}

/**
 * Finds what a killed daemon left running, so that a step is not started beside itself.
 *
 * Children are told by `ROLLBACKD_OP_ID` in their environment. `find` rejects with `UNREACHABLE` when it cannot look.
 */
export interface Orphans {
  find(opId: string): Promise<readonly Orphan[]>;
  /** Resolves true once it has ended, false when it still runs after `deadlineMs` or the signal aborted. */
  wait(orphan: Orphan, deadlineMs: number, signal: AbortSignal): Promise<boolean>;
}
