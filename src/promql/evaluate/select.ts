import type { VectorSelector } from '../ast.ts';
import type { SampleView } from '../series-store.ts';
import type { Evaluation, Grid } from './evaluation.ts';
import { shifted } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { FrameBuilder } from './frame.ts';
import { labelSetOf } from './label-set.ts';

/** Series that a selector tries in the time that one takes through an operator. */
const triesPerRow = 4;

/** What is taken of the sample that a selector finds: its value, or its time in seconds. */
export type Taken = 'value' | 'time';

/**
 * The newest sample of each series at each step, unless it is older than the lookback or marks the end of the series.
 *
 * The lookback is open on the left: a sample exactly that old is not seen.
 */
export function select(
  selector: VectorSelector,
  grid: Grid,
  evaluation: Evaluation,
  taken: Taken = 'value',
): Frame {
  const found = find(selector, evaluation);
  const builder = new FrameBuilder(grid.steps, found.length, evaluation.budget);
  const looks = lookTimes(selector, grid, evaluation);
  evaluation.budget.samples(found.length * (selector.shift.at === null ? grid.steps : 1));
  for (const view of found) {
    const at = builder.open();
    const seen = pick(view, looks, evaluation.lookbackMs, taken, builder, at);
    if (seen) builder.keep(labelSetOf(view.labels));
  }
  return builder.done();
}

/** The series that a selector means. Without the name of a metric, all there are may be tried for it. */
export function find({ matchers }: VectorSelector, { source, budget }: Evaluation): readonly SampleView[] {
  const named = matchers.some(({ label, operator }) => label === '__name__' && operator === '=');
  if (!named) budget.rows((source.seriesCount ?? 0) / triesPerRow);
  return source.select(matchers);
}

function lookTimes(selector: VectorSelector, grid: Grid, evaluation: Evaluation): Float64Array {
  const looks = new Float64Array(grid.steps);
  for (let step = 0; step < grid.steps; step++) {
    looks[step] = shifted(grid.startMs + step * grid.stepMs, selector.shift, evaluation);
  }
  return looks;
}

function pick(
  view: SampleView,
  looks: Float64Array,
  lookbackMs: number,
  taken: Taken,
  builder: FrameBuilder,
  at: number,
): boolean {
  const { values, present } = builder;
  let next = view.after(looks[0] ?? 0);
  let seen = false;
  for (let step = 0; step < looks.length; step++) {
    const look = looks[step] ?? 0;
    while (next < view.length && view.time(next) <= look) next++;
    if (next === 0) continue;
    const time = view.time(next - 1);
    if (time <= look - lookbackMs || view.stale(next - 1)) continue;
    values[at + step] = taken === 'value' ? view.value(next - 1) : time / 1000;
    present[at + step] = 1;
    seen = true;
  }
  return seen;
}
