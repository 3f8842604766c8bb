import type { Binary, Matching } from '../ast.ts';
import { QueryError } from '../query-error.ts';
import type { ElementOperation } from './elements.ts';
import { elementOperation, takesName } from './elements.ts';
import type { Evaluation } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { distinct, FrameBuilder, presence, setAt } from './frame.ts';
import type { LabelSet } from './label-set.ts';
import { matchKey, rowsByKey } from './matching.ts';
import { isArithmetic, isComparison } from './scalar-operation.ts';
import { written } from './written.ts';

/** Arithmetic and comparison between two vectors, one to one or many to one. */
export function vectorOperation(
  expression: Binary,
  matching: Matching,
  left: Frame,
  right: Frame,
  evaluation: Evaluation,
): Frame {
  const swapped = matching.cardinality === 'one-to-many';
  const sides: Sides = {
    expression,
    matching,
    swapped,
    many: swapped ? right : left,
    one: swapped ? left : right,
  };
  const key = matchKey(matching);
  const ones = rowsByKey(sides.one, key);
  refuseDuplicates(sides, [...ones.values()]);

  const pairs = new Pairs(sides, evaluation);
  for (const [signature, rows] of rowsByKey(sides.many, key)) {
    const partners = ones.get(signature) ?? [];
    const matched = rows.length > 1 ? new Matched(matching, sides.many.steps) : null;
    for (const row of rows) {
      for (const partner of partners) pairs.add(row, partner, matched);
    }
  }
  return pairs.done();
}

interface Sides {
  readonly expression: Binary;
  readonly matching: Matching;
  /** The many stand on the right. */
  readonly swapped: boolean;
  readonly many: Frame;
  readonly one: Frame;
}

/** The side of one has at most one element of each key at a step, unless the other side is empty then. */
function refuseDuplicates(sides: Sides, groups: readonly (readonly number[])[]): void {
  const { many, one, swapped, matching } = sides;
  let counts: Uint8Array | null = null;
  for (const rows of groups) {
    if (rows.length < 2) continue;
    counts ??= presence(many);
    const holder = new Int32Array(one.steps).fill(-1);
    for (const row of rows) {
      for (let step = 0; step < one.steps; step++) {
        if (one.present[row * one.steps + step] !== 1 || counts[step] !== 1) continue;
        const other = holder[step] ?? -1;
        if (other >= 0) throw duplicate(setAt(one, row), setAt(one, other), swapped, matching);
        holder[step] = row;
      }
    }
  }
}

function duplicate(set: LabelSet, other: LabelSet, swapped: boolean, matching: Matching): QueryError {
  const group =
    matching.mode === 'on' ? set.only(matching.labels) : set.without([...matching.labels, '__name__']);
  return new QueryError(
    'execution',
    `found duplicate series for the match group ${written(group)} on the ${swapped ? 'left' : 'right'} hand-side of the operation: ` +
      `[${written(set)}, ${written(other)}];many-to-many matching not allowed: matching labels must be unique on one side`,
  );
}

/** Rows that found each other, operated on step by step. */
class Pairs {
  readonly #sides: Sides;
  readonly #evaluation: Evaluation;
  readonly #operation: ElementOperation;
  readonly #builder: FrameBuilder;

  constructor(sides: Sides, evaluation: Evaluation) {
    const { operator, bool } = sides.expression;
    this.#sides = sides;
    this.#evaluation = evaluation;
    if (!isArithmetic(operator) && !isComparison(operator))
      throw new RangeError(`${operator} is a set operator`);
    this.#operation = elementOperation(operator, bool);
    this.#builder = new FrameBuilder(sides.many.steps, sides.many.sets.length, evaluation.budget);
  }

  /** @param groups what has matched under the same key; null if nothing else can */
  add(row: number, partner: number, groups: Matched | null): void {
    const { many, one, swapped, expression } = this.#sides;
    const { steps } = many;
    const set = this.#resultSet(setAt(many, row), setAt(one, partner));
    const matched = groups?.of(set) ?? null;
    this.#evaluation.budget.samples(steps);
    const at = this.#builder.open();
    const { values, present } = this.#builder;
    let seen = false;
    for (let step = 0; step < steps; step++) {
      const manyAt = row * steps + step;
      const oneAt = partner * steps + step;
      if (many.present[manyAt] !== 1 || one.present[oneAt] !== 1) continue;
      const first = many.values[manyAt] ?? 0;
      const second = one.values[oneAt] ?? 0;
      const value = swapped ? this.#operation(second, first) : this.#operation(first, second);
      // What a filter leaves out is no match.
      if (value === null) continue;
      if (matched !== null) mark(matched, step, this.#sides.matching);
      values[at + step] = value;
      present[at + step] = 1;
      seen = true;
    }
    if (!seen) return;
    const unnamed = expression.bool || (many.unnamed[row] ?? false);
    this.#builder.keep(set, this.#evaluation.delayedNameRemoval && unnamed);
  }

  done(): Frame {
    return distinct(this.#builder.done(), this.#evaluation.budget);
  }

  #resultSet(many: LabelSet, one: LabelSet): LabelSet {
    const { expression, matching } = this.#sides;
    // Arithmetic takes the name at once in both modes; only `bool` waits for the end.
    const unnames = isArithmetic(expression.operator)
      ? true
      : takesName(expression) && !this.#evaluation.delayedNameRemoval;
    const base = unnames ? many.nameless : many;
    if (matching.cardinality !== 'one-to-one') return this.#withIncluded(base, one);
    if (matching.mode === 'on') return base.only(matching.labels);
    return matching.labels.length === 0 ? base : base.without(matching.labels);
  }

  #withIncluded(base: LabelSet, one: LabelSet): LabelSet {
    const { include } = this.#sides.matching;
    if (include.length === 0) return base;
    return base.with(Object.fromEntries(include.map((label) => [label, one.get(label)])));
  }
}

/**
 * At which steps a key has matched already.
 *
 * One to one, it matches once a step; many to one, as often as the labels of the results differ.
 */
class Matched {
  readonly #matching: Matching;
  readonly #steps: number;
  readonly #bySet = new Map<string, Uint8Array>();

  constructor(matching: Matching, steps: number) {
    this.#matching = matching;
    this.#steps = steps;
  }

  of(set: LabelSet): Uint8Array {
    const key = this.#matching.cardinality === 'one-to-one' ? '' : set.key;
    const before = this.#bySet.get(key);
    if (before !== undefined) return before;
    const matched = new Uint8Array(this.#steps);
    this.#bySet.set(key, matched);
    return matched;
  }
}

function mark(matched: Uint8Array, step: number, matching: Matching): void {
  if (matched[step] !== 1) {
    matched[step] = 1;
    return;
  }
  throw new QueryError(
    'execution',
    matching.cardinality === 'one-to-one'
      ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
      : 'multiple matches for labels: grouping labels must ensure unique matches',
  );
}
