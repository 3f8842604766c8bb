import type { Matching } from '../ast.ts';
import type { Frame } from './frame.ts';
import type { LabelSet } from './label-set.ts';

/** By which key elements of two vectors find each other. */
export function matchKey(matching: Matching): (set: LabelSet) => string {
  const { labels, mode } = matching;
  if (mode === 'on') return (set) => set.keyOf(labels);
  // The usual case: that key is kept with the set.
  if (labels.length === 0) return (set) => set.nameless.key;
  const excluded = [...labels, '__name__'];
  return (set) => set.keyWithout(excluded);
}

/** Rows of a frame by their key. */
export function rowsByKey(frame: Frame, key: (set: LabelSet) => string): Map<string, number[]> {
  const rows = new Map<string, number[]>();
  for (const [row, set] of frame.sets.entries()) {
    const signature = key(set);
    const others = rows.get(signature);
    if (others === undefined) rows.set(signature, [row]);
    else others.push(row);
  }
  return rows;
}
