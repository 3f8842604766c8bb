import type { BinaryOperator } from '../ast.ts';
import { arithmetic, comparisons } from '../ast.ts';

export type ArithmeticOperator = (typeof arithmetic)[number];
export type ComparisonOperator = (typeof comparisons)[number];

export function isArithmetic(operator: BinaryOperator): operator is ArithmeticOperator {
  return (arithmetic as readonly string[]).includes(operator);
}

export function isComparison(operator: BinaryOperator): operator is ComparisonOperator {
  return (comparisons as readonly string[]).includes(operator);
}

/** Whether two numbers compare so. NaN is unequal to all and neither less nor greater. */
export const comparing: Readonly<Record<ComparisonOperator, (left: number, right: number) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
};

/** Arithmetic on float64 as in Go: `%` keeps the sign of the dividend, powers of 1 and -1 are never NaN. */
export const calculating: Readonly<Record<ArithmeticOperator, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': (left, right) => {
    if (left === 1 || (left === -1 && Math.abs(right) === Infinity)) return 1;
    return left ** right;
  },
  atan2: Math.atan2,
};
