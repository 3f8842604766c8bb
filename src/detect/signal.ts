import type { Reading } from '../domain/reading.ts';
import type { Subject } from '../domain/target.ts';

/** What one rule reads through: its source, or several, composed. */
export interface Signal {
  /** For people. */
  readonly kind: string;
  /** What may be blind when it is unknown. */
  readonly identities: readonly string[];
  /** Breaches do not age during `grace`. */
  readonly seesDeploys: boolean;
  /** @returns a reading for each subject, by name; a subject that is missing counts as `no_data` */
  read(subjects: readonly Subject[], signal: AbortSignal): Promise<ReadonlyMap<string, Reading>>;
  /** How many series of the last read belong to no subject. */
  unmatched(): number;
}
