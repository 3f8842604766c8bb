import type { At, Shift } from '../ast.ts';
import type { SeriesSource } from '../series-store.ts';
import type { Budget } from './budget.ts';
import type { Frame } from './frame.ts';

/** What holds for all parts of one query. */
export interface Evaluation {
  readonly source: SeriesSource;
  readonly lookbackMs: number;
  /** The step of subqueries that name none. */
  readonly defaultStepMs: number;
  readonly delayedNameRemoval: boolean;
  /** What `start()` and `end()` mean. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly budget: Budget;
  /** Collected on the way. */
  readonly warnings: Set<string>;
}

/** The instants at which a part of a query is evaluated. */
export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly steps: number;
}

/** What a part of a query comes to at each step. */
export type Value =
  | { readonly type: 'scalar'; readonly values: Float64Array }
  | { readonly type: 'vector'; readonly frame: Frame }
  | { readonly type: 'string'; readonly value: string };

/** Evaluates a part of a query: handed to what evaluates around it. */
export type Evaluate = (grid: Grid) => Value;

/** The instant a selector or subquery looks at, evaluated at `ms`. */
export function shifted(ms: number, shift: Shift, evaluation: Evaluation): number {
  return (fixed(shift.at, evaluation) ?? ms) - shift.offsetMs;
}

function fixed(at: At | null, evaluation: Evaluation): number | null {
  if (at === null) return null;
  if (at === 'start') return evaluation.fromMs;
  if (at === 'end') return evaluation.toMs;
  return at.ms;
}
