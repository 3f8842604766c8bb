import type { Call, Expression } from '../promql/ast.ts';

/** An expression with what it stands in, the outermost first. */
export interface Visited {
  readonly node: Expression;
  readonly parents: readonly Expression[];
}

/** Every expression of a tree, outer ones first. */
export function* walk(node: Expression, parents: readonly Expression[] = []): Generator<Visited> {
  yield { node, parents };
  const inside = [...parents, node];
  for (const child of children(node)) yield* walk(child, inside);
}

/** What an expression is made of. */
export function children(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'number':
    case 'string':
    case 'selector':
      return [];
    case 'range':
      return [node.selector];
    case 'subquery':
    case 'unary':
    case 'parentheses':
      return [node.expression];
    case 'call':
      return node.args;
    case 'aggregation':
      return node.parameter === null ? [node.expression] : [node.parameter, node.expression];
    case 'binary':
      return [node.left, node.right];
  }
}

/** The calls of some functions in a tree. */
export function* callsOf(root: Expression, names: ReadonlySet<string>): Generator<Call> {
  for (const { node } of walk(root)) if (node.kind === 'call' && names.has(node.name)) yield node;
}

/** What stands inside of parentheses. */
export function bare(node: Expression): Expression {
  return node.kind === 'parentheses' ? bare(node.expression) : node;
}

/** The sides of `a or b or c`: each gives elements of its own. */
export function branches(node: Expression): readonly Expression[] {
  const inner = bare(node);
  if (inner.kind !== 'binary' || inner.operator !== 'or') return [node];
  return [...branches(inner.left), ...branches(inner.right)];
}

/** Whether an expression is a single number, not a vector. */
export function isScalar(node: Expression): boolean {
  switch (node.kind) {
    case 'number':
      return true;
    case 'call':
      return node.name === 'scalar' || node.name === 'time' || node.name === 'pi';
    case 'unary':
    case 'parentheses':
      return isScalar(node.expression);
    case 'binary':
      return isScalar(node.left) && isScalar(node.right);
    case 'string':
    case 'selector':
    case 'range':
    case 'subquery':
    case 'aggregation':
      return false;
  }
}
