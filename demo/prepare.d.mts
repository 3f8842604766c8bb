/** Where the pieces of a prepared demo are. */
export interface Prepared {
  readonly dir: string;
  /** Directory of the releases, `1` and `2`. */
  readonly releases: string;
  /** The link; it points to release 1. */
  readonly current: string;
  /** Program to be forked with `run DIR PORT`; sends `running` once the shop answers, ends with its parent. */
  readonly supervisor: string;
  /** Program to be forked with `URL [PER_SECOND]`, or a module that exports `startTraffic`. */
  readonly traffic: string;
  /** Argument vector that restarts the shop on what the link points to; exit code 0 once it answers. */
  readonly restart: readonly string[];
}

/** Copies the releases into `dir` and points `dir/current` at release 1. Starts nothing. */
export function prepare(dir: string): Prepared;

/**
 * What a simple deploy script does: switches the link, then restarts the shop.
 *
 * @returns what the supervisor said, e.g. `ok running: release 2, pid 4711`
 * @throws Error when the supervisor does not run, or the release does not start
 */
export function deploy(dir: string, release: number): Promise<string>;
