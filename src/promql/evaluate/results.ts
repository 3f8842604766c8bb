import type { RangeSeries, Series } from '../../domain/labels.ts';
import type { Expression, MatrixSelector, Subquery } from '../ast.ts';
import type { Evaluation, Grid, Value } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { distinct } from './frame.ts';
import type { Samples } from './samples.ts';
import { selectedSamples, subquerySamples, windowEnds } from './samples.ts';

/** A frame as a result: names that were to be taken off at the end are off. */
export function finished(frame: Frame, evaluation: Evaluation): Frame {
  evaluation.budget.series(frame.sets.length);
  if (!frame.unnamed.includes(true)) return frame;
  const sets = frame.sets.map((set, row) => (frame.unnamed[row] === true ? set.nameless : set));
  return distinct({ ...frame, sets }, evaluation.budget);
}

/** The elements at the only step of a frame, in its order. */
export function seriesOf(frame: Frame): readonly Series[] {
  const series: Series[] = [];
  for (const [row, set] of frame.sets.entries()) {
    if (frame.present[row] === 1) series.push({ labels: set.labels, value: frame.values[row] ?? 0 });
  }
  return series;
}

/** The rows of a frame over time. */
export function rangeSeriesOf(frame: Frame, grid: Grid): readonly RangeSeries[] {
  const series: RangeSeries[] = [];
  for (const [row, { labels }] of frame.sets.entries()) {
    const times = new Float64Array(frame.steps);
    const values = new Float64Array(frame.steps);
    let count = 0;
    for (let step = 0; step < frame.steps; step++) {
      if (frame.present[row * frame.steps + step] !== 1) continue;
      times[count] = grid.startMs + step * grid.stepMs;
      values[count] = frame.values[row * frame.steps + step] ?? 0;
      count++;
    }
    if (count > 0)
      series.push({ labels, times: times.subarray(0, count), values: values.subarray(0, count) });
  }
  return series;
}

/** A range vector as it is: each series with its samples. */
export function matrixOf(
  range: MatrixSelector | Subquery,
  grid: Grid,
  evaluation: Evaluation,
  evaluate: (expression: Expression, grid: Grid, evaluation: Evaluation) => Value,
): readonly RangeSeries[] {
  const ends = windowEnds(range, grid, evaluation);
  const samples: Samples =
    range.kind === 'range'
      ? selectedSamples(range, ends, evaluation)
      : subquerySamples(range, ends, evaluation, (inner) => evaluate(range.expression, inner, evaluation));
  evaluation.budget.series(samples.count);
  const series: RangeSeries[] = [];
  for (let row = 0; row < samples.count; row++) {
    const length = samples.load(row);
    if (length === 0) continue;
    const set = samples.unnamed(row) ? samples.set(row).nameless : samples.set(row);
    const times = samples.times.slice(0, length);
    series.push({ labels: set.labels, times, values: samples.values.slice(0, length) });
  }
  return series;
}
