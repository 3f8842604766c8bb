import { QueryError } from '../query-error.ts';
import type { Budget } from './budget.ts';
import type { LabelSet } from './label-set.ts';

/**
 * An instant vector at each step of a grid: one row a series, one column a step.
 *
 * The value of row r at step s stands at `r * steps + s` and counts only if `present` is 1 there. Rows that are nowhere
 * present are left out.
 */
export interface Frame {
  readonly steps: number;
  readonly sets: readonly LabelSet[];
  /** Whether the name of a row is still to be taken off at the end. Only with delayed name removal. */
  readonly unnamed: readonly boolean[];
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** Builds a frame row by row. What is written at the open row stays only if the row is kept. */
export class FrameBuilder {
  readonly steps: number;
  values: Float64Array;
  present: Uint8Array;
  readonly #budget: Budget;
  readonly #sets: LabelSet[] = [];
  readonly #unnamed: boolean[] = [];

  /** @param rows how many rows are expected; more are allowed */
  constructor(steps: number, rows: number, budget: Budget) {
    this.steps = steps;
    this.#budget = budget;
    budget.values(rows * steps);
    budget.samples(rows * steps);
    budget.rows(rows);
    this.values = new Float64Array(rows * steps);
    this.present = new Uint8Array(rows * steps);
  }

  /** Where the open row begins. There is room for it, and nothing is present in it. */
  open(): number {
    const at = this.#sets.length * this.steps;
    if (at + this.steps > this.values.length) this.#grow(at + this.steps);
    return at;
  }

  keep(set: LabelSet, unnamed = false): void {
    this.#sets.push(set);
    this.#unnamed.push(unnamed);
  }

  /** Copies a row of another frame, name and all. */
  copy(frame: Frame, row: number): void {
    const at = this.open();
    const from = row * frame.steps;
    for (let step = 0; step < this.steps; step++) {
      this.values[at + step] = frame.values[from + step] ?? 0;
      this.present[at + step] = frame.present[from + step] ?? 0;
    }
    this.keep(setAt(frame, row), frame.unnamed[row] ?? false);
  }

  done(): Frame {
    return {
      steps: this.steps,
      sets: this.#sets,
      unnamed: this.#unnamed,
      values: this.values,
      present: this.present,
    };
  }

  #grow(needed: number): void {
    const size = Math.max(needed, this.values.length * 2, this.steps * 8);
    this.#budget.values(needed);
    this.#budget.samples(needed);
    this.#budget.rows(this.#sets.length);
    const { values, present } = this;
    this.values = new Float64Array(size);
    this.values.set(values);
    this.present = new Uint8Array(size);
    this.present.set(present);
  }
}

/** @throws RangeError when there is no such row */
export function setAt(frame: Frame, row: number): LabelSet {
  const set = frame.sets[row];
  if (set === undefined) throw new RangeError(`frame: no row ${row}`);
  return set;
}

/** Whether any series is present at each step. */
export function presence(frame: Frame): Uint8Array {
  const any = new Uint8Array(frame.steps);
  const end = frame.sets.length * frame.steps;
  for (let at = 0, step = 0; at < end; at++) {
    if (frame.present[at] === 1) any[step] = 1;
    step = step + 1 === frame.steps ? 0 : step + 1;
  }
  return any;
}

/**
 * The frame with one row for each label set.
 *
 * @param disjoint whether rows with the same labels may follow one another in time
 * @throws QueryError when two rows with the same labels are present at the same step
 */
export function distinct(frame: Frame, budget: Budget, disjoint = true): Frame {
  budget.rows(frame.sets.length);
  const first = new Map<string, number>();
  const twins: [row: number, into: number][] = [];
  for (const [row, { key }] of frame.sets.entries()) {
    const before = first.get(key);
    if (before === undefined) first.set(key, row);
    else twins.push([row, before]);
  }
  if (twins.length === 0) return frame;
  if (!disjoint) throw sameLabels();
  for (const [row, into] of twins) merge(frame, row, into);
  const merged = new FrameBuilder(frame.steps, first.size, budget);
  for (const row of first.values()) merged.copy(frame, row);
  return merged.done();
}

function merge(frame: Frame, row: number, into: number): void {
  for (let step = 0; step < frame.steps; step++) {
    const from = row * frame.steps + step;
    if (frame.present[from] !== 1) continue;
    const to = into * frame.steps + step;
    if (frame.present[to] === 1) throw sameLabels();
    frame.present[to] = 1;
    frame.values[to] = frame.values[from] ?? 0;
  }
}

function sameLabels(): QueryError {
  return new QueryError('execution', 'vector cannot contain metrics with the same labelset');
}
