import type { SyntaxNode } from '@lezer/common';
import type { SyntaxTree } from './grammar.ts';
import type { Token } from './tokens.ts';

/** A part of an expression, in the order of writing, before it is decided what binds to what. */
export type Item =
  | { readonly kind: 'operand'; readonly node: SyntaxNode }
  | { readonly kind: 'sign'; readonly token: Token }
  | { readonly kind: 'postfix'; readonly node: SyntaxNode }
  | { readonly kind: 'binary'; readonly token: Token; readonly modifiers: readonly SyntaxNode[] };

/**
 * Takes the operators, signs and postfix modifiers of an expression apart again.
 *
 * The grammar's own precedence is not used: it lets `offset`, `@` and ranges apply to a whole binary expression, and a
 * sign bind tighter than `^`. Parentheses and calls stay whole.
 */
export function flatten(tree: SyntaxTree, expression: SyntaxNode): readonly Item[] {
  const items: Item[] = [];
  // A stack instead of recursion: a chain of operators nests as deep as it is long.
  const pending: (SyntaxNode | Item)[] = [expression];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if ('kind' in next) items.push(next);
    else pending.push(...partsOf(tree, next).reverse());
  }
  return items;
}

function partsOf(tree: SyntaxTree, node: SyntaxNode): (SyntaxNode | Item)[] {
  const children = childrenOf(node);
  const first = children[0];
  const last = children.at(-1);
  switch (node.name) {
    case 'BinaryExpr': {
      const operator = children[1];
      if (first === undefined || last === undefined || operator === undefined) break;
      return [
        first,
        { kind: 'binary', token: tree.tokenAt(operator), modifiers: children.slice(2, -1) },
        last,
      ];
    }
    case 'UnaryExpr':
      if (last === undefined) break;
      return [{ kind: 'sign', token: tree.tokenAt(node) }, last];
    case 'NumberDurationLiteral':
      if (tree.tokenAt(node).kind !== 'operator') break;
      return [
        { kind: 'sign', token: tree.tokenAt(node) },
        { kind: 'operand', node },
      ];
    case 'OffsetExpr':
    case 'StepInvariantExpr':
    case 'MatrixSelector':
    case 'SubqueryExpr':
    case 'AnchoredExpr':
    case 'SmoothedExpr':
      if (first === undefined) break;
      return [first, { kind: 'postfix', node }];
  }
  return [{ kind: 'operand', node }];
}

/** The named parts of a node, in order. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}
