import { looksUp } from '../domain/comparison.ts';
import { formatQuantity, type Quantity, type Unit } from '../domain/quantity.ts';
import type { Comparison, Operator } from '../domain/rule.ts';
import type { Place } from './place.ts';
import { quantity } from './scalars.ts';
import type { Signal } from './signals.ts';

const operators = ['above', 'below', 'at_least', 'at_most'] as const satisfies readonly Operator[];

/** The keys of a comparison, for the shapes of levels, checks and `recover`. */
export const comparisonShape = {
  above: quantity.optional().describe('Holds for values above it; with a baseline also in times, e.g. 3x'),
  below: quantity.optional().describe('Holds for values below it'),
  at_least: quantity.optional().describe('Holds for it and values above it'),
  at_most: quantity.optional().describe('Holds for it and values below it'),
};

type Written = { readonly [K in Operator]?: Quantity | undefined } & {
  readonly floor?: Quantity | undefined;
};

/** Why thresholds in times mean nothing at a place; null where they are compared with a baseline. */
export type Timeless = string | null;

/** The operators that are written at a place, right or wrong. */
export function operatorsAt(place: Place): Operator[] {
  return operators.filter((operator) => place.has(operator));
}

/**
 * The one comparison of a map, checked against what the signal measures.
 *
 * @returns null when there is none, or after a problem
 */
export function readComparison(
  place: Place,
  fields: Written,
  { signal, timeless }: { readonly signal: Signal | null; readonly timeless: Timeless },
): Comparison | null {
  const [operator, ...others] = operatorsAt(place);
  if (operator === undefined) return null;
  for (const other of others)
    place.at(other).problem(`one comparison is enough: ${operator} is there already`, 'key');
  const threshold = fields[operator];
  if (threshold === undefined) return null;
  const unit = signal?.measures === 'value' ? signal.unit : null;
  if (threshold.unit === 'times') checkTimes(place.at(operator), threshold, timeless);
  else if (unit !== null) checkUnit(place.at(operator), threshold, unit);
  return { operator, threshold, ...readFloor(place, fields, { threshold, unit }) };
}

function checkTimes(place: Place, { value }: Quantity, timeless: Timeless): void {
  if (timeless !== null) place.problem(timeless);
  else if (value <= 0) place.problem('expected more than 0x');
}

function readFloor(
  place: Place,
  { floor }: Written,
  { threshold, unit }: { readonly threshold: Quantity; readonly unit: Unit | null },
): { readonly floor?: Quantity } {
  if (floor === undefined) return {};
  const at = place.at('floor');
  if (threshold.unit !== 'times')
    at.problem('belongs to a threshold in times, e.g. above: 3x; any other is absolute already', 'key');
  else if (floor.unit === 'times') at.problem('is the value itself, e.g. 500ms or 5%; it cannot be in times');
  else if (unit !== null) checkUnit(at, floor, unit);
  return { floor };
}

function checkUnit(place: Place, threshold: Quantity, unit: Unit): void {
  if (unit === 'number' || threshold.unit === unit) return;
  if (threshold.unit !== 'number')
    return place.problem(`this signal measures ${units[unit]}, not ${units[threshold.unit]}`);
  if (unit === 'ratio' && threshold.value > 1)
    place.warning(
      `${formatQuantity(threshold.value, 'number')} means ${formatQuantity(threshold.value, 'ratio')}; write ${formatQuantity(threshold.value / 100, 'ratio')} if that is meant`,
      'rule/threshold-unit',
    );
}

const units: Readonly<Record<Unit, string>> = {
  ratio: 'a ratio (50% or 0.5)',
  bytes: 'a size (512MiB)',
  seconds: 'a duration (5s)',
  times: 'how many times something is (3x)',
  number: 'a number',
};

/** Whether one of two comparisons that look the same way is reached first; null where they cannot be compared. */
export function isWeaker(a: Comparison, b: Comparison): boolean | null {
  if ((a.threshold.unit === 'times') !== (b.threshold.unit === 'times')) return null;
  return looksUp(a) ? a.threshold.value < b.threshold.value : a.threshold.value > b.threshold.value;
}
