import type { SyntaxNode } from '@lezer/common';
import type { Expression } from '../ast.ts';
import type { Item } from './flatten.ts';
import type { Token } from './tokens.ts';

/** Makes tree nodes of the parts of an expression, once it is known what belongs together. */
export interface Assembly {
  operand(node: SyntaxNode): Expression;
  postfix(expression: Expression, node: SyntaxNode): Expression;
  sign(token: Token, expression: Expression): Expression;
  binary(left: Expression, operator: Token, modifiers: readonly SyntaxNode[], right: Expression): Expression;
}

const strengths: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};

const strengthOfSign = 5;

/**
 * Puts the parts together by PromQL's precedence: postfix modifiers bind tightest, then `^` (from the right), signs with
 * `* / % atan2`, then `+ -`, comparisons, `and unless`, `or`.
 */
export function associate(items: readonly Item[], assembly: Assembly): Expression {
  let at = 0;

  const operand = (): Expression => {
    const item = items[at];
    at += 1;
    if (item?.kind === 'sign') return assembly.sign(item.token, expression(strengthOfSign + 1));
    if (item?.kind !== 'operand') throw new Error('the grammar gave an expression without an operand');
    let made = assembly.operand(item.node);
    for (let next = items[at]; next?.kind === 'postfix'; next = items[at]) {
      at += 1;
      made = assembly.postfix(made, next.node);
    }
    return made;
  };

  const expression = (weakest: number): Expression => {
    let left = operand();
    for (let next = items[at]; next?.kind === 'binary'; next = items[at]) {
      const strength = strengths[next.token.text.toLowerCase()] ?? 0;
      if (strength < weakest) return left;
      at += 1;
      const right = expression(next.token.text === '^' ? strength : strength + 1);
      left = assembly.binary(left, next.token, next.modifiers, right);
    }
    return left;
  };

  return expression(0);
}
