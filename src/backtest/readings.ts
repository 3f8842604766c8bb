import type { Unknown } from '../domain/reading.ts';
import type { Grid } from './span.ts';

/** What stands in a column at a slot. The numbers after `value` are reasons for there being none. */
export const kinds = [
  'value',
  'passed',
  'no_data',
  'error',
  'insufficient',
  'never_seen',
] as const satisfies readonly ('value' | 'passed' | Unknown)[];
export const valueKind = 0;
export const passedKind = 1;
export const noDataKind = 2;
export const errorKind = 3;
export const insufficientKind = 4;

/** What a rule read of one subject in one window, slot by slot. */
export interface Column {
  readonly grid: Grid;
  /** Index into `kinds`. */
  readonly kinds: Uint8Array;
  /** Means nothing where the kind is not `value`. */
  readonly values: Float64Array;
  /** What the first slot without data said; null when every slot has some. */
  readonly trouble: string | null;
}
