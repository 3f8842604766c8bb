import type { SyntaxNode } from '@lezer/common';
import type { At, Expression, NumberLiteral, Shift, Span } from '../ast.ts';
import { formatFloat } from '../functions/format-float.ts';
import { childrenOf } from './flatten.ts';
import type { SyntaxTree } from './grammar.ts';
import { msOfDuration, valueOfNumber } from './number.ts';
import { parseError } from './refusal.ts';
import { isWord } from './tokens.ts';
import type { Token } from './tokens.ts';

/** A number, or a duration as its seconds. */
export function readNumber(tree: SyntaxTree, token: Token): NumberLiteral {
  const span = { from: token.from, to: token.to };
  if (token.kind === 'duration') {
    const ms = msOfDuration(token.text);
    if ('fault' in ms) throw parseError(tree.text, span, ms.fault);
    return { kind: 'number', span, value: ms.value / 1000 };
  }
  const number = valueOfNumber(token.text);
  if ('fault' in number) throw parseError(tree.text, span, `error parsing number: ${number.fault}`);
  return { kind: 'number', span, value: number.value };
}

/** `expression offset 5m`. */
export function applyOffset(tree: SyntaxTree, expression: Expression, node: SyntaxNode): Expression {
  const duration = node.getChild('OffsetDurationExpr');
  const offsetMs = duration === null ? 0 : msOf(tree, duration);
  return shifted(tree, { expression, node }, 'offset', (shift) => {
    if (shift.offsetMs !== 0) return 'offset may not be set multiple times';
    return { ...shift, offsetMs };
  });
}

/** `expression @ 1767614400`, `expression @ end()`. */
export function applyAt(tree: SyntaxTree, expression: Expression, node: SyntaxNode): Expression {
  const at = readAt(tree, expression, node);
  return shifted(tree, { expression, node }, '@', (shift) => {
    if (shift.at !== null) return '@ <timestamp> may not be set multiple times';
    return { ...shift, at };
  });
}

/** `expression[5m]`: only of a selector that is not yet shifted. */
export function applyRange(tree: SyntaxTree, expression: Expression, node: SyntaxNode): Expression {
  const bracket = bracketOf(tree, node);
  if (expression.kind !== 'selector')
    throw parseError(tree.text, bracket, 'ranges only allowed for vector selectors');
  if (expression.shift.offsetMs !== 0)
    throw parseError(tree.text, bracket, 'no offset modifiers allowed before range');
  if (expression.shift.at !== null)
    throw parseError(tree.text, bracket, 'no @ modifiers allowed before range');
  const range = node.getChild('DurationExpr');
  const span = { from: expression.span.from, to: bracket.to };
  return {
    kind: 'range',
    span,
    selector: expression,
    rangeMs: range === null ? 0 : positiveMsOf(tree, range),
  };
}

/** `expression[1h:1m]`. */
export function applySubquery(tree: SyntaxTree, expression: Expression, node: SyntaxNode): Expression {
  const [range, step] = node.getChildren('DurationExpr');
  return {
    kind: 'subquery',
    span: { from: expression.span.from, to: tree.lastTokenOf(node).to },
    expression,
    rangeMs: range === undefined ? 0 : positiveMsOf(tree, range),
    stepMs: step === undefined ? null : positiveMsOf(tree, step),
    shift: { offsetMs: 0, at: null },
  };
}

/** The span of what is shifted reaches to the end of the modifier. */
function shifted(
  tree: SyntaxTree,
  { expression, node }: { readonly expression: Expression; readonly node: SyntaxNode },
  modifier: string,
  change: (shift: Shift) => Shift | string,
): Expression {
  const target = expression.kind === 'range' ? expression.selector : expression;
  if (target.kind !== 'selector' && target.kind !== 'subquery') {
    const allowed = 'an instant vector selector or range vector selector or a subquery';
    throw parseError(tree.text, expression.span, `${modifier} modifier must be preceded by ${allowed}`);
  }
  const shift = change(target.shift);
  if (typeof shift === 'string') throw parseError(tree.text, expression.span, shift);
  const span = { from: expression.span.from, to: tree.lastTokenOf(node).to };
  if (expression.kind === 'range')
    return { ...expression, span, selector: { ...expression.selector, shift } };
  return { ...target, span, shift };
}

/** Go's int64, in seconds: beyond it no time can be written. */
const largestSeconds = 2 ** 63;

function readAt(tree: SyntaxTree, expression: Expression, node: SyntaxNode): At {
  const bound = node.getChild('AtModifierPreprocessors');
  if (bound !== null) return isWord(tree.tokenAt(bound), 'start') ? 'start' : 'end';
  const literal = node.getChild('NumberDurationLiteral');
  if (literal === null) throw new Error('the grammar gave an @ without a time');
  const sign = tree.tokenAt(literal).text === '-' ? -1 : 1;
  const seconds = sign * readNumber(tree, tree.lastTokenOf(literal)).value;
  if (!(Math.abs(seconds) < largestSeconds)) {
    const message = `timestamp out of bounds for @ modifier: ${formatFloat(seconds)}`;
    throw parseError(tree.text, expression.span, message);
  }
  return { ms: Math.sign(seconds) * Math.round(Math.abs(seconds) * 1000) };
}

function positiveMsOf(tree: SyntaxTree, node: SyntaxNode): number {
  const ms = msOf(tree, node);
  if (ms > 0) return ms;
  throw parseError(tree.text, tree.tokenAt(node), 'duration must be greater than 0');
}

/** Go's longest duration, in seconds. */
const longestSeconds = 2 ** 63 / 1e9;

function msOf(tree: SyntaxTree, node: SyntaxNode): number {
  const sign = signOf(tree, node);
  const token = tree.lastTokenOf(node);
  const { value } = readNumber(tree, token);
  if (!(value < longestSeconds)) throw parseError(tree.text, token, 'duration out of range');
  // Whole nanoseconds first, as Go's durations are, then what is left of them in ms.
  return (
    sign * (token.kind === 'duration' ? Math.round(value * 1000) : Math.trunc(Math.round(value * 1e9) / 1e6))
  );
}

function signOf(tree: SyntaxTree, node: SyntaxNode): number {
  const parts = childrenOf(node);
  const [first, second] = parts;
  if (first?.name === 'NumberDurationLiteralInDurationContext' && parts.length === 1) return 1;
  if (first?.name === 'UnaryOp' && second !== undefined && parts.length === 2) {
    const inner = childrenOf(second);
    if (inner.length === 1 && inner[0]?.name === 'NumberDurationLiteralInDurationContext')
      return tree.tokenAt(first).text === '-' ? -1 : 1;
  }
  const span = { from: tree.tokenAt(node).from, to: tree.lastTokenOf(node).to };
  throw parseError(tree.text, span, 'experimental duration expressions are not supported');
}

function bracketOf(tree: SyntaxTree, node: SyntaxNode): Span {
  const range = node.getChild('DurationExpr');
  const to = tree.lastTokenOf(node).to;
  const from = range === null ? to : tree.text.lastIndexOf('[', tree.tokenAt(range).from);
  return { from, to };
}
