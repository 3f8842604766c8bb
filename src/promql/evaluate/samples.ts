import type { MatrixSelector, Subquery } from '../ast.ts';
import { QueryError } from '../query-error.ts';
import type { SampleView } from '../series-store.ts';
import type { Evaluate, Evaluation, Grid } from './evaluation.ts';
import { shifted } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { setAt } from './frame.ts';
import type { LabelSet } from './label-set.ts';
import { find } from './select.ts';
import { labelSetOf } from './label-set.ts';

/**
 * Series with their samples, one series at a time: what windows are cut from.
 *
 * `times` and `values` hold the samples of the series that was loaded last, without marks of staleness, oldest first.
 */
export interface Samples {
  readonly count: number;
  times: Float64Array;
  values: Float64Array;
  /** Loads a series; returns how many samples it has in the span that was asked for. */
  load(row: number): number;
  set(row: number): LabelSet;
  /** Whether the name of a series is still to be taken off. */
  unnamed(row: number): boolean;
}

/** The end of the window of each step: the step itself, moved by `@` and offset. */
export function windowEnds(
  range: MatrixSelector | Subquery,
  grid: Grid,
  evaluation: Evaluation,
): Float64Array {
  const shift = range.kind === 'range' ? range.selector.shift : range.shift;
  const ends = new Float64Array(grid.steps);
  for (let step = 0; step < grid.steps; step++) {
    ends[step] = shifted(grid.startMs + step * grid.stepMs, shift, evaluation);
  }
  return ends;
}

/** Samples of a range selector from the first window's start to the last window's end. */
export function selectedSamples(range: MatrixSelector, ends: Float64Array, evaluation: Evaluation): Samples {
  const views = find(range.selector, evaluation);
  const fromMs = (ends[0] ?? 0) - range.rangeMs;
  const toMs = ends.at(-1) ?? 0;
  const samples: Samples = {
    count: views.length,
    times: new Float64Array(256),
    values: new Float64Array(256),
    load: (row) => {
      const view = viewAt(views, row);
      const first = view.after(fromMs);
      const last = view.after(toMs);
      evaluation.budget.samples(last - first);
      makeRoom(samples, last - first);
      return view.read(first, last, samples.times, samples.values);
    },
    set: (row) => labelSetOf(viewAt(views, row).labels),
    unnamed: () => false,
  };
  return samples;
}

/**
 * Results of a subquery as samples.
 *
 * Its steps are multiples of its step in absolute time, wherever the query around it starts.
 */
export function subquerySamples(
  subquery: Subquery,
  ends: Float64Array,
  evaluation: Evaluation,
  evaluate: Evaluate,
): Samples {
  const inner = innerGrid(subquery, ends, evaluation);
  const frame = inner.steps === 0 ? null : vectorOf(evaluate(inner), inner);
  const samples: Samples = {
    count: frame?.sets.length ?? 0,
    times: new Float64Array(inner.steps),
    values: new Float64Array(inner.steps),
    load: (row) => (frame === null ? 0 : loadRow(frame, row, inner, samples)),
    set: (row) => setAt(frame ?? emptyFrame, row),
    unnamed: (row) => frame?.unnamed[row] ?? false,
  };
  return samples;
}

const emptyFrame: Frame = {
  steps: 0,
  sets: [],
  unnamed: [],
  values: new Float64Array(),
  present: new Uint8Array(),
};

function innerGrid(subquery: Subquery, ends: Float64Array, evaluation: Evaluation): Grid {
  const stepMs = subquery.stepMs ?? evaluation.defaultStepMs;
  const fromMs = (ends[0] ?? 0) - subquery.rangeMs;
  const toMs = ends.at(-1) ?? 0;
  let startMs = stepMs * Math.trunc(fromMs / stepMs);
  if (startMs <= fromMs) startMs += stepMs;
  const steps = startMs > toMs ? 0 : Math.floor((toMs - startMs) / stepMs) + 1;
  evaluation.budget.values(steps);
  return { startMs, stepMs, steps };
}

function vectorOf(value: ReturnType<Evaluate>, grid: Grid): Frame {
  if (value.type === 'vector') return value.frame;
  throw new QueryError(
    'bad_data',
    `subquery is only allowed on instant vector, got ${value.type} at ${grid.steps} steps`,
  );
}

function loadRow(frame: Frame, row: number, grid: Grid, into: Samples): number {
  const from = row * frame.steps;
  let count = 0;
  for (let step = 0; step < frame.steps; step++) {
    if (frame.present[from + step] !== 1) continue;
    into.times[count] = grid.startMs + step * grid.stepMs;
    into.values[count] = frame.values[from + step] ?? 0;
    count++;
  }
  return count;
}

function viewAt(views: readonly SampleView[], row: number): SampleView {
  const view = views[row];
  if (view === undefined) throw new RangeError(`samples: no series ${row}`);
  return view;
}

function makeRoom(samples: Samples, needed: number): void {
  if (needed <= samples.times.length) return;
  samples.times = new Float64Array(needed * 2);
  samples.values = new Float64Array(needed * 2);
}
