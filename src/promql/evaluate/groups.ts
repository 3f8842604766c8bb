import type { Aggregation } from '../ast.ts';
import type { Frame } from './frame.ts';
import type { LabelSet } from './label-set.ts';
import { noLabels } from './label-set.ts';

/** Which rows of a frame belong together. */
export interface Groups {
  /** Labels of each group. */
  readonly sets: readonly LabelSet[];
  /** The group of each row. */
  readonly of: Int32Array;
  /** Whether the name of any row of a group is still to be taken off. */
  readonly unnamed: readonly boolean[];
}

/** Puts the rows of a frame in groups, numbered as they are met. */
export function groupRows(frame: Frame, grouping: Aggregation['grouping']): Groups {
  const numbers = new Map<string, number>();
  const sets: LabelSet[] = [];
  const unnamed: boolean[] = [];
  const of = new Int32Array(frame.sets.length);
  const { mode, labels } = grouping;
  const excluded = [...labels, '__name__'];
  for (const [row, set] of frame.sets.entries()) {
    const key = mode === 'by' ? set.keyOf(labels) : set.keyWithout(excluded);
    let number = numbers.get(key);
    if (number === undefined) {
      number = sets.length;
      numbers.set(key, number);
      sets.push(groupLabels(set, grouping));
      unnamed.push(false);
    }
    of[row] = number;
    if (frame.unnamed[row] === true) unnamed[number] = true;
  }
  return { sets, of, unnamed };
}

/** What is left of a label set in its group. */
export function groupLabels(set: LabelSet, grouping: Aggregation['grouping']): LabelSet {
  if (grouping.mode === 'without') return set.without([...grouping.labels, '__name__']);
  return grouping.labels.length === 0 ? noLabels : set.only(grouping.labels);
}
