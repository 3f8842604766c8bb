import type { Aggregation } from '../ast.ts';
import type { Evaluation } from './evaluation.ts';
import { folds } from './folds.ts';
import type { Frame } from './frame.ts';
import { FrameBuilder } from './frame.ts';
import { groupRows } from './groups.ts';

/** `sum`, `avg`, `min`, `max`, `count`, `group`, `stddev`, `stdvar` of each group at each step. */
export function fold(
  aggregator: keyof typeof folds,
  frame: Frame,
  grouping: Aggregation['grouping'],
  evaluation: Evaluation,
): Frame {
  const groups = groupRows(frame, grouping);
  const { steps } = frame;
  const places = groups.sets.length * steps;
  evaluation.budget.values(places);
  const counts = new Uint32Array(places);
  const folded = folds[aggregator](places);
  for (let row = 0; row < frame.sets.length; row++) {
    const from = row * steps;
    const to = (groups.of[row] ?? 0) * steps;
    for (let step = 0; step < steps; step++) {
      if (frame.present[from + step] !== 1) continue;
      const count = (counts[to + step] ?? 0) + 1;
      counts[to + step] = count;
      folded.add(to + step, frame.values[from + step] ?? 0, count);
    }
  }
  const builder = new FrameBuilder(steps, groups.sets.length, evaluation.budget);
  for (const [group, set] of groups.sets.entries()) {
    const at = builder.open();
    for (let step = 0; step < steps; step++) {
      const count = counts[group * steps + step] ?? 0;
      if (count === 0) continue;
      builder.values[at + step] = folded.result(group * steps + step, count);
      builder.present[at + step] = 1;
    }
    builder.keep(set, groups.unnamed[group] ?? false);
  }
  return builder.done();
}

/** What a group of values becomes at each step, when all of them are needed at once. */
export function gather(
  frame: Frame,
  grouping: Aggregation['grouping'],
  evaluation: Evaluation,
  combine: (values: number[], step: number) => number,
): Frame {
  const groups = groupRows(frame, grouping);
  const { steps } = frame;
  const members = rowsOf(groups.of, groups.sets.length);
  const builder = new FrameBuilder(steps, groups.sets.length, evaluation.budget);
  for (const [group, set] of groups.sets.entries()) {
    const at = builder.open();
    for (let step = 0; step < steps; step++) {
      const values: number[] = [];
      for (const row of members[group] ?? []) {
        if (frame.present[row * steps + step] === 1) values.push(frame.values[row * steps + step] ?? 0);
      }
      if (values.length === 0) continue;
      builder.values[at + step] = combine(values, step);
      builder.present[at + step] = 1;
    }
    builder.keep(set, groups.unnamed[group] ?? false);
  }
  return builder.done();
}

/** The rows of each group, in the order of the frame. */
export function rowsOf(groupOfRow: Int32Array, groups: number): readonly (readonly number[])[] {
  const members: number[][] = Array.from({ length: groups }, () => []);
  for (const [row, group] of groupOfRow.entries()) members[group]?.push(row);
  return members;
}
