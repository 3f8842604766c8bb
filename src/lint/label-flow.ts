import type { Aggregation, Binary, Call, Expression, VectorSelector } from '../promql/ast.ts';
import { bare, isScalar } from './walk.ts';

/**
 * Which labels the elements of a vector may carry; the metric's name is left out.
 *
 * `open`: any label but those in `labels`; otherwise these at most.
 */
export interface Flow {
  readonly open: boolean;
  readonly labels: ReadonlySet<string>;
  /** Labels that have one value on every element. */
  readonly fixed: ReadonlyMap<string, string>;
}

/** Whether elements may carry a label. */
export function mayCarry({ open, labels }: Flow, label: string): boolean {
  return labels.has(label) !== open;
}

const nobody: Flow = { open: false, labels: new Set(), fixed: new Map() };

/** The labels of an expression's elements: one flow for each side of an `or`; none for scalars and strings. */
export function flowsOf(node: Expression): readonly Flow[] {
  switch (node.kind) {
    case 'number':
    case 'string':
      return [];
    case 'selector':
      return [ofSelector(node)];
    case 'range':
      return [ofSelector(node.selector)];
    case 'subquery':
    case 'unary':
    case 'parentheses':
      return flowsOf(node.expression);
    case 'call':
      return ofCall(node);
    case 'aggregation':
      return flowsOf(node.expression).map((inner) => aggregated(node, inner));
    case 'binary':
      return ofBinary(node);
  }
}

function ofSelector({ matchers }: VectorSelector): Flow {
  const own = matchers.filter(({ label, operator }) => label !== '__name__' && operator === '=');
  return {
    open: true,
    labels: new Set(own.filter(({ value }) => value === '').map(({ label }) => label)),
    fixed: new Map(own.filter(({ value }) => value !== '').map(({ label, value }) => [label, value])),
  };
}

function ofCall(call: Call): readonly Flow[] {
  const { name, args } = call;
  if (isScalar(call)) return [];
  const flows = args.map(flowsOf).find((found) => found.length > 0) ?? [nobody];
  switch (name) {
    case 'vector':
      return [nobody];
    case 'absent':
    case 'absent_over_time':
      return [ofAbsence(args[0])];
    case 'label_replace':
    case 'label_join': {
      const written = args[1];
      return written?.kind === 'string' ? flows.map((flow) => adding(flow, [written.value])) : flows;
    }
    case 'histogram_quantile':
      return flows.map((flow) => dropping(flow, ['le']));
    default:
      return flows;
  }
}

/** The labels that a selector asks for once, with one value; nothing is known of any other expression. */
function ofAbsence(argument: Expression | undefined): Flow {
  const asked = argument === undefined ? null : bare(argument);
  const selector = asked?.kind === 'range' ? asked.selector : asked;
  if (selector?.kind !== 'selector') return nobody;
  const once = [...ofSelector(selector).fixed].filter(
    ([label]) => selector.matchers.filter((matcher) => matcher.label === label).length === 1,
  );
  return { open: false, labels: new Set(once.map(([label]) => label)), fixed: new Map(once) };
}

function aggregated({ aggregator, parameter, grouping }: Aggregation, inner: Flow): Flow {
  if (aggregator === 'topk' || aggregator === 'bottomk') return inner;
  const grouped = grouping.mode === 'by' ? keeping(inner, grouping.labels) : dropping(inner, grouping.labels);
  return aggregator === 'count_values' && parameter?.kind === 'string'
    ? adding(grouped, [parameter.value])
    : grouped;
}

function ofBinary({ operator, left, right, matching }: Binary): readonly Flow[] {
  const [a, b] = [flowsOf(left), flowsOf(right)];
  if (a.length === 0 || b.length === 0) return [...a, ...b];
  if (operator === 'or') return [...a, ...b];
  if (operator === 'and' || operator === 'unless' || matching === null) return a;
  switch (matching.cardinality) {
    case 'many-to-one':
      return a.map((flow) => adding(flow, matching.include));
    case 'one-to-many':
      return b.map((flow) => adding(flow, matching.include));
    case 'one-to-one':
    case 'many-to-many':
      return a.map((flow) =>
        matching.mode === 'on' ? keeping(flow, matching.labels) : dropping(flow, matching.labels),
      );
  }
}

function keeping(flow: Flow, labels: readonly string[]): Flow {
  const kept = new Set(labels.filter((label) => mayCarry(flow, label)));
  return { open: false, labels: kept, fixed: new Map([...flow.fixed].filter(([label]) => kept.has(label))) };
}

function dropping({ open, labels, fixed }: Flow, dropped: readonly string[]): Flow {
  const gone = new Set(dropped);
  return {
    open,
    labels: open ? new Set([...labels, ...gone]) : new Set([...labels].filter((label) => !gone.has(label))),
    fixed: new Map([...fixed].filter(([label]) => !gone.has(label))),
  };
}

function adding({ open, labels, fixed }: Flow, added: readonly string[]): Flow {
  const more = new Set(added);
  return {
    open,
    labels: open ? new Set([...labels].filter((label) => !more.has(label))) : new Set([...labels, ...more]),
    fixed: new Map([...fixed].filter(([label]) => !more.has(label))),
  };
}
