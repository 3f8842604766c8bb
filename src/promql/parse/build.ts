import type { SyntaxNode } from '@lezer/common';
import { aggregators, setOperators } from '../ast.ts';
import type { Aggregation, Aggregator, Binary, BinaryOperator, Expression, Matching, Span } from '../ast.ts';
import { typeOf } from '../check.ts';
import { quoteText } from '../go-quote.ts';
import { refusalOf } from '../signatures.ts';
import { associate } from './associate.ts';
import type { Assembly } from './associate.ts';
import { childrenOf, flatten } from './flatten.ts';
import type { SyntaxTree } from './grammar.ts';
import { parseError } from './refusal.ts';
import { valueOfString } from './scan-string.ts';
import { buildSelector } from './selector.ts';
import { isWord } from './tokens.ts';
import type { Token } from './tokens.ts';
import { applyAt, applyOffset, applyRange, applySubquery, readNumber } from './time-modifier.ts';

/**
 * The expression that a syntax tree stands for. Types are not looked at.
 *
 * @throws QueryError for words that have a place but no meaning: an unknown function, a range of zero
 */
export function buildExpression(tree: SyntaxTree, node: SyntaxNode): Expression {
  const assembly: Assembly = {
    operand: (operand) => buildOperand(tree, operand),
    postfix: (expression, modifier) => applyPostfix(tree, expression, modifier),
    sign: applySign,
    binary: (left, operator, modifiers, right) => buildBinary(tree, left, operator, modifiers, right),
  };
  return associate(flatten(tree, node), assembly);
}

function buildOperand(tree: SyntaxTree, node: SyntaxNode): Expression {
  const span = spanOf(tree, node);
  switch (node.name) {
    case 'NumberDurationLiteral':
      return readNumber(tree, tree.lastTokenOf(node));
    case 'StringLiteral':
      return { kind: 'string', span, value: valueOfString(tree.tokenAt(node).text) };
    case 'VectorSelector':
      return buildSelector(tree, node, span);
    case 'ParenExpr':
      return { kind: 'parentheses', span, expression: buildExpression(tree, only(node)) };
    case 'FunctionCall':
      return buildCall(tree, node, span);
    case 'AggregateExpr':
      return buildAggregation(tree, node, span);
    default:
      throw parseError(tree.text, span, `unexpected ${quoteText(tree.tokenAt(node).text)}`);
  }
}

function buildCall(tree: SyntaxTree, node: SyntaxNode, span: Span): Expression {
  const name = tree.tokenAt(node).text;
  const refusal = refusalOf(name);
  if (refusal !== null) throw parseError(tree.text, span, refusal);
  return { kind: 'call', span, name, args: argumentsOf(tree, node) };
}

function buildAggregation(tree: SyntaxTree, node: SyntaxNode, span: Span): Aggregation {
  const word = tree.tokenAt(node).text.toLowerCase();
  const aggregator = aggregators.find((known) => known === word);
  if (aggregator === undefined) {
    throw parseError(tree.text, span, `experimental aggregation "${word}" is not supported`);
  }
  const args = argumentsOf(tree, node);
  const expression = args.at(-1);
  if (expression === undefined)
    throw parseError(tree.text, span, 'no arguments for aggregate expression provided');
  const wanted = parametrised.has(aggregator) ? 2 : 1;
  if (args.length !== wanted) {
    const counts = `expected ${String(wanted)}, got ${String(args.length)}`;
    throw parseError(
      tree.text,
      span,
      `wrong number of arguments for aggregate expression provided, ${counts}`,
    );
  }
  const modifier = node.getChild('AggregateModifier');
  return {
    kind: 'aggregation',
    span,
    aggregator,
    parameter: wanted === 2 ? (args[0] ?? null) : null,
    expression,
    grouping: {
      mode: modifier !== null && isWord(tree.tokenAt(modifier), 'without') ? 'without' : 'by',
      labels: modifier === null ? [] : labelsOf(tree, modifier.getChild('GroupingLabels')),
    },
  };
}

const parametrised: ReadonlySet<Aggregator> = new Set(['topk', 'bottomk', 'quantile', 'count_values']);

function argumentsOf(tree: SyntaxTree, node: SyntaxNode): readonly Expression[] {
  const body = node.getChild('FunctionCallBody');
  return body === null ? [] : childrenOf(body).map((argument) => buildExpression(tree, argument));
}

function applyPostfix(tree: SyntaxTree, expression: Expression, node: SyntaxNode): Expression {
  switch (node.name) {
    case 'OffsetExpr':
      return applyOffset(tree, expression, node);
    case 'StepInvariantExpr':
      return applyAt(tree, expression, node);
    case 'MatrixSelector':
      return applyRange(tree, expression, node);
    default:
      return applySubquery(tree, expression, node);
  }
}

function applySign(token: Token, expression: Expression): Expression {
  const span = { from: token.from, to: expression.span.to };
  if (expression.kind === 'number') {
    return { ...expression, span, value: token.text === '-' ? -expression.value : expression.value };
  }
  return { kind: 'unary', span, operator: token.text === '-' ? '-' : '+', expression };
}

function buildBinary(
  tree: SyntaxTree,
  left: Expression,
  operator: Token,
  modifiers: readonly SyntaxNode[],
  right: Expression,
): Binary {
  const span = { from: left.span.from, to: right.span.to };
  const clause = modifiers.find((modifier) => modifier.name === 'MatchingModifierClause');
  const written = clause === undefined ? unmatched : readMatching(tree, clause);
  const betweenVectors = typeOf(left) === 'vector' && typeOf(right) === 'vector';
  if (!betweenVectors && written.labels.length > 0)
    throw parseError(tree.text, span, 'vector matching only allowed between instant vectors');
  const isSet = setOperators.some((set) => set === operator.text.toLowerCase());
  const toMany = isSet && written.cardinality === 'one-to-one';
  return {
    kind: 'binary',
    span,
    operator: operator.text.toLowerCase() as BinaryOperator,
    operatorSpan: { from: operator.from, to: operator.to },
    left,
    right,
    bool: modifiers.some((modifier) => modifier.name === 'BoolModifier'),
    matching: betweenVectors
      ? { ...written, cardinality: toMany ? 'many-to-many' : written.cardinality }
      : null,
  };
}

const unmatched: Matching = { mode: 'ignoring', labels: [], cardinality: 'one-to-one', include: [] };

function readMatching(tree: SyntaxTree, clause: SyntaxNode): Matching {
  const [labels, include] = clause.getChildren('GroupingLabels');
  return {
    mode: isWord(tree.tokenAt(clause), 'on') ? 'on' : 'ignoring',
    labels: labelsOf(tree, labels ?? null),
    cardinality: cardinalityOf(clause),
    include: labelsOf(tree, include ?? null),
  };
}

function cardinalityOf(clause: SyntaxNode): Matching['cardinality'] {
  if (clause.getChild('GroupLeft') !== null) return 'many-to-one';
  return clause.getChild('GroupRight') === null ? 'one-to-one' : 'one-to-many';
}

function labelsOf(tree: SyntaxTree, node: SyntaxNode | null): readonly string[] {
  if (node === null) return [];
  return childrenOf(node).map((child) => {
    const token = tree.tokenAt(child);
    return token.kind === 'string' ? valueOfString(token.text) : token.text;
  });
}

function only(node: SyntaxNode): SyntaxNode {
  const child = node.firstChild;
  if (child === null) throw new Error(`the grammar gave an empty ${node.name}`);
  return child;
}

function spanOf(tree: SyntaxTree, node: SyntaxNode): Span {
  return { from: tree.tokenAt(node).from, to: tree.lastTokenOf(node).to };
}
