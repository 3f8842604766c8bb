import type { Matching } from '../ast.ts';
import { mapElements } from './elements.ts';
import type { Evaluation } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { distinct, FrameBuilder } from './frame.ts';
import { matchKey, rowsByKey } from './matching.ts';

/** `and`, `or`, `unless`: elements are kept whole, by whether the other side has a match at that step. */
export function setOperation(
  operator: 'and' | 'or' | 'unless',
  left: Frame,
  right: Frame,
  matching: Matching,
  evaluation: Evaluation,
): Frame {
  switch (operator) {
    case 'and':
      return filtered(left, matches(right, left, matching), 1, evaluation);
    case 'unless':
      return filtered(left, matches(right, left, matching), 0, evaluation);
    case 'or': {
      const added = filtered(right, matches(left, right, matching), 0, evaluation);
      return distinct(joined(left, added, evaluation), evaluation.budget);
    }
  }
}

/** For each row of `frame`, at which steps any row of `others` matches it; null: at none. */
function matches(others: Frame, frame: Frame, matching: Matching): readonly (Uint8Array | null)[] {
  const key = matchKey(matching);
  const byKey = new Map<string, Uint8Array>();
  for (const [signature, rows] of rowsByKey(others, key)) byKey.set(signature, union(others, rows));
  return frame.sets.map((set) => byKey.get(key(set)) ?? null);
}

function union(frame: Frame, rows: readonly number[]): Uint8Array {
  const { steps, present } = frame;
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) return present.subarray(only * steps, (only + 1) * steps);
  const any = new Uint8Array(steps);
  for (const row of rows) {
    for (let step = 0; step < steps; step++) if (present[row * steps + step] === 1) any[step] = 1;
  }
  return any;
}

/** Elements at whose step the mask is as wanted. */
function filtered(
  frame: Frame,
  masks: readonly (Uint8Array | null)[],
  wanted: 0 | 1,
  evaluation: Evaluation,
): Frame {
  return mapElements(frame, evaluation, false, (value, step, row) =>
    (masks[row]?.[step] ?? 0) === wanted ? value : null,
  );
}

function joined(left: Frame, right: Frame, evaluation: Evaluation): Frame {
  const builder = new FrameBuilder(left.steps, left.sets.length + right.sets.length, evaluation.budget);
  for (const row of left.sets.keys()) builder.copy(left, row);
  for (const row of right.sets.keys()) builder.copy(right, row);
  return builder.done();
}
