import type { Labels } from '../domain/labels.ts';
import type { RangeResult } from '../domain/ports/answerer.ts';
import type { Grid } from './span.ts';

/** A query and the grid it is asked on. */
export interface Question {
  readonly text: string;
  readonly stepMs: number;
  /** What stands at a slot was so this long before it: what readings are compared with. */
  readonly backMs: number;
}

/** How a question is known among others. */
export function keyOf({ text, stepMs, backMs }: Question): string {
  return `${stepMs} ${backMs} ${text}`;
}

/** One series on a grid. */
export interface Row {
  readonly labels: Labels;
  /** One a grid point; what stands where there was no sample means nothing. */
  readonly values: Float64Array;
  /** 1 where there was a sample. */
  readonly present: Uint8Array;
}

/** What a question brought in one window. */
export interface Answered {
  readonly rows: readonly Row[];
  readonly warnings: readonly string[];
}

/** A question that was not answered, and why. */
export interface Unanswered {
  readonly problem: string;
}

/** Lays the series of an answer on the grid it was asked for. Samples between grid points are left out. */
export function laidOut({ series, warnings }: RangeResult, grid: Grid): Answered {
  const rows = series.map(({ labels, times, values }) => {
    const row = { labels, values: new Float64Array(grid.count), present: new Uint8Array(grid.count) };
    for (const [index, at] of times.entries()) {
      const place = (at - grid.firstMs) / grid.stepMs;
      if (!Number.isInteger(place) || place < 0 || place >= grid.count) continue;
      row.values[place] = values[index] ?? Number.NaN;
      row.present[place] = 1;
    }
    return row;
  });
  return { rows, warnings };
}
