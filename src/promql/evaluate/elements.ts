import type { Binary } from '../ast.ts';
import type { Evaluation } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { distinct, FrameBuilder } from './frame.ts';
import type { LabelSet } from './label-set.ts';
import type { ArithmeticOperator, ComparisonOperator } from './scalar-operation.ts';
import { calculating, comparing, isComparison } from './scalar-operation.ts';

/** What an operator makes of two elements; null: no element. */
export type ElementOperation = (left: number, right: number) => number | null;

/**
 * @param kept the side whose value passes a comparison that only filters
 */
export function elementOperation(
  operator: ArithmeticOperator | ComparisonOperator,
  bool: boolean,
  kept: 'left' | 'right' = 'left',
): ElementOperation {
  if (!isComparison(operator)) return calculating[operator];
  const holds = comparing[operator];
  if (bool) return (left, right) => (holds(left, right) ? 1 : 0);
  if (kept === 'right') return (left, right) => (holds(left, right) ? right : null);
  return (left, right) => (holds(left, right) ? left : null);
}

/** Whether an operation takes the name off its elements. */
export function takesName(expression: Binary): boolean {
  return expression.bool || !isComparison(expression.operator);
}

/** What becomes of each element of a vector: another value, or nothing. */
export function mapElements(
  frame: Frame,
  evaluation: Evaluation,
  unnames: boolean,
  map: (value: number, step: number, row: number) => number | null,
): Frame {
  const { steps } = frame;
  const builder = new FrameBuilder(steps, frame.sets.length, evaluation.budget);
  for (const [row, set] of frame.sets.entries()) {
    const at = builder.open();
    let seen = false;
    for (let step = 0; step < steps; step++) {
      if (frame.present[row * steps + step] !== 1) continue;
      const value = map(frame.values[row * steps + step] ?? 0, step, row);
      if (value === null) continue;
      builder.values[at + step] = value;
      builder.present[at + step] = 1;
      seen = true;
    }
    if (seen) keepRow(builder, set, frame.unnamed[row] ?? false, unnames, evaluation);
  }
  const mapped = builder.done();
  return unnames ? afterUnnaming(mapped, evaluation) : mapped;
}

/** Keeps the open row, without its name if that is taken off: at once, or at the end of the query. */
export function keepRow(
  builder: FrameBuilder,
  set: LabelSet,
  unnamed: boolean,
  unnames: boolean,
  evaluation: Evaluation,
): void {
  if (!unnames) builder.keep(set, unnamed);
  else if (evaluation.delayedNameRemoval) builder.keep(set, true);
  else builder.keep(set.nameless);
}

/** One row for each label set, once names are gone. With delayed removal they are not gone yet. */
export function afterUnnaming(frame: Frame, evaluation: Evaluation): Frame {
  return evaluation.delayedNameRemoval ? frame : distinct(frame, evaluation.budget);
}

/** The opposite of each element. Unlike elsewhere, two names may not even follow one another in time. */
export function negatedElements(frame: Frame, evaluation: Evaluation): Frame {
  const sets = evaluation.delayedNameRemoval ? frame.sets : frame.sets.map(({ nameless }) => nameless);
  const unnamed = frame.sets.map(() => evaluation.delayedNameRemoval);
  const negated = { ...frame, sets, unnamed, values: frame.values.map((value) => -value) };
  return evaluation.delayedNameRemoval ? negated : distinct(negated, evaluation.budget, false);
}
