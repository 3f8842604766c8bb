import { formatQuantity } from './quantity.ts';
import type { Comparison } from './rule.ts';

/**
 * Whether a number stands on the far side of the threshold. Nothing holds for NaN. For a threshold in times the number
 * is how many times the baseline it is: readings are compared by `meets` in `condition.ts`.
 */
export function holds(
  { operator, threshold }: Pick<Comparison, 'operator' | 'threshold'>,
  value: number,
): boolean {
  switch (operator) {
    case 'above':
      return value > threshold.value;
    case 'below':
      return value < threshold.value;
    case 'at_least':
      return value >= threshold.value;
    case 'at_most':
      return value <= threshold.value;
  }
}

/** Whether higher values are worse by this comparison. */
export function looksUp({ operator }: Pick<Comparison, 'operator'>): boolean {
  return operator === 'above' || operator === 'at_least';
}

/** `above 50%`, `at least 3`, `above 3x and 0.5s`. */
export function wordComparison({ operator, threshold, floor }: Comparison): string {
  const limit = formatQuantity(threshold.value, threshold.unit);
  const beside = floor === undefined ? '' : ` and ${formatQuantity(floor.value, floor.unit)}`;
  return `${operator.replace('_', ' ')} ${limit}${beside}`;
}
