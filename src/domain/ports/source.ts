import type { ZodType } from 'zod';
import type { Unit } from '../quantity.ts';
import type { Baselined, Reading } from '../reading.ts';
import type { Baseline } from '../rule.ts';
import type { Subject } from '../target.ts';

/**
 * A kind of signal: Prometheus, HTTP probes, Docker, disks.
 *
 * Detection and verification read through the same sources. A source decides nothing: it says what it saw,
 * or why it could not see. It never rejects; trouble is a reading of kind `unknown`.
 */
export interface Source<Options = unknown> {
  /** The word in YAML, e.g. `prometheus`. */
  readonly kind: string;
  readonly options: ZodType<Options>;
  /** Fault domain of breaches: those of `http` and `docker` do not age during `grace`. */
  readonly seesDeploys: boolean;
  /** What its readings are: measures for thresholds, or probes for `failures`. */
  signal(options: Options): 'value' | 'probe';
  unit(options: Options): Unit;
  /** The longest range it looks back over, in ms; 0 for an instant. */
  windowMs(options: Options): number;
  /** What it reads belongs to targets: a rule with `scope: host` would never read anything. Sources that lack it know hosts. */
  onTargetsOnly?(options: Options): boolean;
  /** What is blind when this is unknown: `prometheus`, `docker`, `http`, `disk`. One incident for each. */
  identity(options: Options): string;
  /**
   * Reads for all subjects in as few calls as it can.
   *
   * @returns a reading for each subject, by name; a subject that is missing counts as `no_data`
   */
  read(
    options: Options,
    subjects: readonly Subject[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Reading>>;
  /**
   * The past of the same signal, for thresholds in times. Sources that have none lack it. It never rejects.
   *
   * @returns by subject; one that is missing has no baseline
   */
  baselines?(
    options: Options,
    asked: AskedPast,
    subjects: readonly Subject[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Baselined>>;
  /** How many series of the last read with these very options belong to no subject; sources without series lack it. */
  unmatched?(options: Options): number;
}

/** Which past is asked for, and what has just been read. */
export interface AskedPast {
  readonly baseline: Baseline;
  /** How often the rule is read, in ms. */
  readonly everyMs: number;
  readonly readings: ReadonlyMap<string, Reading>;
}

/** The sources by their word in YAML. */
export type Sources = Readonly<Record<string, Source>>;
