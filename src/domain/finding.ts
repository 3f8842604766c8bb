export const gravities = ['error', 'warning', 'info'] as const;
/** How much a finding weighs, worst first: it does not work · it will disappoint · worth knowing. */
export type Gravity = (typeof gravities)[number];

/** Negative when `a` is worse than `b`. */
export function compareGravity(a: Gravity, b: Gravity): number {
  return gravities.indexOf(a) - gravities.indexOf(b);
}

/** One thing that is doubtful about a valid configuration. */
export interface Finding {
  /** `promql/rate-gauge`: what was checked; each has a section in docs/lint.md. */
  readonly code: string;
  readonly gravity: Gravity;
  readonly file: string;
  /** Line and column count from 1; a column is a UTF-16 unit. */
  readonly line: number;
  readonly column: number;
  /** How much of the line is meant, in columns; at least 1. */
  readonly length: number;
  /** The line as it is written; empty where there is no such file. */
  readonly excerpt: string;
  /** What was found, here. */
  readonly message: string;
  /** Why it matters, in one sentence. */
  readonly why: string;
  /** What to do about it. */
  readonly remedy: string;
}
