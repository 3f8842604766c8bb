import type { Evaluation } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { FrameBuilder } from './frame.ts';

/** Rows in the order of their values, NaN last; over more than one step there is no order. */
export function sorted(frame: Frame, sign: 1 | -1, evaluation: Evaluation): Frame {
  if (frame.steps !== 1) return frame;
  const order = [...frame.sets.keys()].sort((a, b) => {
    const left = frame.values[a] ?? 0;
    const right = frame.values[b] ?? 0;
    if (Number.isNaN(left)) return Number.isNaN(right) ? 0 : 1;
    if (Number.isNaN(right)) return -1;
    if (left === right) return 0;
    return left < right ? -sign : sign;
  });
  const builder = new FrameBuilder(1, order.length, evaluation.budget);
  for (const row of order) builder.copy(frame, row);
  return builder.done();
}
