import type { Severity } from './rule.ts';

export type BreachPhase = 'clear' | 'pending' | 'firing' | 'recovering';

/** A level on a subject over time. Plain JSON: it survives restarts as it is. */
export interface Breach {
  readonly phase: BreachPhase;
  /** First breaching reading of the present run. */
  readonly since: number | null;
  /** Sum of the intervals between adjacent breaching readings of the run, in ms. */
  readonly ageMs: number;
  /** Breaching readings of the run; for `failures`, consecutive failed probes; for `need`, those among `recent`. */
  readonly count: number;
  readonly firedAt: number | null;
  /** The reading before this one, if it counted: what `adjacent` means. */
  readonly previous: { readonly at: number; readonly breaching: boolean } | null;
  /** The last reading that was a value or a probe. */
  readonly knownAt: number | null;
  /** Sum of the intervals between adjacent readings that satisfied `recover`, in ms. */
  readonly recoverMs: number;
  readonly recoverCount: number;
  /** For `need`: the last readings that said something, oldest first. */
  readonly recent?: readonly { readonly at: number; readonly breaching: boolean }[];
}

/** Everything remembered about one rule on one subject. */
export interface Watch {
  readonly rule: string;
  readonly subject: string;
  /** Digest of the rule it was folded with. */
  readonly ruleDigest: string;
  /** False: the rule breached at its first reading here, and decides nothing until confirmed. */
  readonly armed: boolean;
  /** It has had data at least once. */
  readonly seen: boolean;
  readonly unknownSince: number | null;
  readonly blind: boolean;
  readonly levels: Readonly<Partial<Record<Severity, Breach>>>;
}

/** What happened to one level at one reading. */
export interface LevelChange {
  readonly rule: string;
  readonly subject: string;
  readonly severity: Severity;
  readonly change: 'pending' | 'forgiven' | 'fired' | 'recovering' | 'relapsed' | 'recovered';
  readonly at: number;
  /** First breaching reading of the run. */
  readonly since: number;
  /** `61.2% of requests`, as the source said it. */
  readonly detail: string;
  /** `above 50% for 1m`. */
  readonly condition: string;
  /** False: shown and told, decides nothing. */
  readonly armed: boolean;
}
