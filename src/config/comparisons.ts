import { formatQuantity, type Quantity, type Unit } from '../domain/quantity.ts';
import type { Comparison, Operator } from '../domain/rule.ts';
import type { Place } from './place.ts';
import { quantity } from './scalars.ts';
import type { Signal } from './signals.ts';

const operators = ['above', 'below', 'at_least', 'at_most'] as const satisfies readonly Operator[];

/** The keys of a comparison, for the shapes of levels, checks and `recover`. */
export const comparisonShape = {
  above: quantity.optional(),
  below: quantity.optional(),
  at_least: quantity.optional(),
  at_most: quantity.optional(),
};

type Written = { readonly [K in Operator]?: Quantity | undefined };

/** The operators that are written at a place, right or wrong. */
export function operatorsAt(place: Place): Operator[] {
  return operators.filter((operator) => place.has(operator));
}

/**
 * The one comparison of a map, checked against what the signal measures.
 *
 * @returns null when there is none, or after a problem
 */
export function readComparison(place: Place, fields: Written, signal: Signal | null): Comparison | null {
  const [operator, ...others] = operatorsAt(place);
  if (operator === undefined) return null;
  for (const other of others)
    place.at(other).problem(`one comparison is enough: ${operator} is there already`, 'key');
  const threshold = fields[operator];
  if (threshold === undefined) return null;
  const unit = signal?.measures === 'value' ? signal.source.unit(signal.options) : null;
  if (unit !== null) checkUnit(place.at(operator), threshold, unit);
  return { operator, threshold };
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
  number: 'a number',
};

/** Whether higher values are worse by this comparison. */
export function looksUp({ operator }: Comparison): boolean {
  return operator === 'above' || operator === 'at_least';
}
