import type { Aggregation } from '../ast.ts';
import { QueryError } from '../query-error.ts';
import { rowsOf } from './aggregate.ts';
import type { Evaluation } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { FrameBuilder } from './frame.ts';
import { groupRows } from './groups.ts';

/** The largest number below 2^63 that Go converts to a whole number. */
const largestCount = 9_223_372_036_854_774_784;

/**
 * `topk` and `bottomk`: the k rows of each group that come first at each step.
 *
 * NaN comes last either way. At a single instant, rows are in the order of their rank, group by group.
 */
export function rank(
  aggregation: Aggregation,
  counts: Float64Array,
  frame: Frame,
  evaluation: Evaluation,
): Frame {
  if (counts.every((count) => count < 1)) return new FrameBuilder(frame.steps, 0, evaluation.budget).done();
  for (const count of counts) check(count);
  const groups = groupRows(frame, aggregation.grouping);
  const chosen = new Uint8Array(frame.present.length);
  const order: number[] = [];
  const sign = aggregation.aggregator === 'topk' ? -1 : 1;
  for (const rows of rowsOf(groups.of, groups.sets.length)) {
    for (let step = 0; step < frame.steps; step++) {
      const first = firstRows(rows, frame, step, counts[step] ?? 0, sign);
      for (const row of first) chosen[row * frame.steps + step] = 1;
      if (frame.steps === 1) order.push(...first);
    }
  }
  return chosenRows(frame, chosen, frame.steps === 1 ? order : [...frame.sets.keys()], evaluation);
}

/** Prometheus' wording, whose word for both signs of NaN is overflow. */
function check(count: number): void {
  if (count < -largestCount)
    throw new QueryError('execution', `Scalar value ${written(count)} underflows int64`);
  if (!(count <= largestCount))
    throw new QueryError('execution', `Scalar value ${written(count)} overflows int64`);
}

function written(value: number): string {
  if (Math.abs(value) === Infinity) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

function firstRows(
  rows: readonly number[],
  frame: Frame,
  step: number,
  count: number,
  sign: 1 | -1,
): readonly number[] {
  const limit = Math.trunc(count);
  if (limit < 1) return [];
  const value = (row: number): number => frame.values[row * frame.steps + step] ?? 0;
  const present = rows.filter((row) => frame.present[row * frame.steps + step] === 1);
  present.sort((a, b) => {
    const left = value(a);
    const right = value(b);
    if (Number.isNaN(left)) return Number.isNaN(right) ? 0 : 1;
    if (Number.isNaN(right)) return -1;
    if (left === right) return 0;
    return left < right ? -sign : sign;
  });
  return present.slice(0, limit);
}

function chosenRows(
  frame: Frame,
  chosen: Uint8Array,
  order: readonly number[],
  evaluation: Evaluation,
): Frame {
  const { steps } = frame;
  const builder = new FrameBuilder(steps, order.length, evaluation.budget);
  for (const row of order) {
    const at = builder.open();
    let seen = false;
    for (let step = 0; step < steps; step++) {
      if (chosen[row * steps + step] !== 1) continue;
      builder.values[at + step] = frame.values[row * steps + step] ?? 0;
      builder.present[at + step] = 1;
      seen = true;
    }
    const set = frame.sets[row];
    if (seen && set !== undefined) builder.keep(set, frame.unnamed[row] ?? false);
  }
  return builder.done();
}
