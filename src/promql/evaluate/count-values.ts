import type { Aggregation } from '../ast.ts';
import { QueryError } from '../query-error.ts';
import type { Evaluation } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { FrameBuilder } from './frame.ts';
import { groupLabels } from './groups.ts';
import type { LabelSet } from './label-set.ts';

/**
 * How many series of each group have each value, the value being written into a label.
 *
 * @param write how a value is written
 */
export function countValues(
  aggregation: Aggregation,
  label: string,
  frame: Frame,
  evaluation: Evaluation,
  write: (value: number) => string,
): Frame {
  if (label === '') throw new QueryError('execution', `invalid label name "${label}"`);
  const { grouping } = aggregation;
  const labels = grouping.mode === 'by' ? [...grouping.labels, label] : grouping.labels;
  const tally = new Tally(frame.steps, evaluation);
  for (const [row, set] of frame.sets.entries()) {
    let before = Number.NaN;
    let at = -1;
    for (let step = 0; step < frame.steps; step++) {
      if (frame.present[row * frame.steps + step] !== 1) continue;
      const value = frame.values[row * frame.steps + step] ?? 0;
      if (at < 0 || !Object.is(value, before))
        at = tally.row(groupLabels(set.with({ [label]: write(value) }), { mode: grouping.mode, labels }));
      before = value;
      tally.count(at, step);
    }
  }
  return tally.done();
}

/** Rows that come as values are met. */
class Tally {
  readonly #builder: FrameBuilder;
  readonly #rows = new Map<string, number>();

  constructor(steps: number, evaluation: Evaluation) {
    this.#builder = new FrameBuilder(steps, 8, evaluation.budget);
  }

  row(set: LabelSet): number {
    const before = this.#rows.get(set.key);
    if (before !== undefined) return before;
    const at = this.#builder.open();
    this.#builder.keep(set);
    this.#rows.set(set.key, at);
    return at;
  }

  count(at: number, step: number): void {
    const { values, present } = this.#builder;
    values[at + step] = (values[at + step] ?? 0) + 1;
    present[at + step] = 1;
  }

  done(): Frame {
    return this.#builder.done();
  }
}
