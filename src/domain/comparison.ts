import { formatQuantity } from './quantity.ts';
import type { Comparison } from './rule.ts';

/** Whether a value stands on the far side of the threshold. Nothing holds for NaN. */
export function holds({ operator, threshold }: Comparison, value: number): boolean {
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

/** `above 50%`, `at least 3`. */
export function wordComparison({ operator, threshold }: Comparison): string {
  return `${operator.replace('_', ' ')} ${formatQuantity(threshold.value, threshold.unit)}`;
}
