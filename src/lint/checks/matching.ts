import type { Binary, Matching } from '../../promql/ast.ts';
import { parsedQueries, stretchOf, type Check, type Hit } from '../check.ts';
import { flowsOf, mayCarry, type Flow } from '../label-flow.ts';
import { isRecorded, metricOf, selectorsOf } from '../metric-names.ts';
import { walk } from '../walk.ts';

/** Two vectors none of whose elements can find each other. */
export const neverMatches: Check = {
  gravity: 'error',
  why: 'Elements of two vectors belong together when the labels that are matched are equal; where they never are, the result is always empty.',
  remedy: 'Aggregate both sides by the same labels, or say on(…) or ignoring(…) which of them count.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint))
      for (const { node } of walk(query.expression)) {
        if (node.kind !== 'binary' || node.matching === null || node.operator === 'or') continue;
        const reasons = reasonsOf(node, node.matching);
        const [first] = reasons;
        if (first === undefined || reasons.includes(null) || first === null) continue;
        yield {
          at: stretchOf(query, node.span),
          message: `the sides of ${node.operator} never match: ${first.text}`,
          ...(first.certain ? {} : { gravity: 'warning' as const }),
        };
      }
  },
};

interface Reason {
  readonly text: string;
  /** False where it rests on the labels that series of a scrape usually have. */
  readonly certain: boolean;
}

/** For each pair of alternatives, why its elements never match; null for those that may. */
function reasonsOf(node: Binary, matching: Matching): readonly (Reason | null)[] {
  const recorded = selectorsOf(node).some((selector) => isRecorded(metricOf(selector) ?? ''));
  return flowsOf(node.left).flatMap((left) =>
    flowsOf(node.right).map((right) => {
      const reason = mismatch(left, right, matching);
      return reason !== null && !reason.certain && recorded ? null : reason;
    }),
  );
}

function mismatch(left: Flow, right: Flow, { mode, labels }: Matching): Reason | null {
  const counts = (label: string): boolean => labels.includes(label) === (mode === 'on');
  for (const [label, value] of left.fixed) {
    const other = right.fixed.get(label);
    if (counts(label) && other !== undefined && other !== value)
      return { text: `${label} is "${value}" on the left and "${other}" on the right`, certain: true };
  }
  const named = new Set([...labels, ...left.labels, ...right.labels]);
  for (const label of named) {
    if (!counts(label) || mayCarry(left, label) === mayCarry(right, label)) continue;
    const [without, carrier] = mayCarry(left, label) ? ['right', left] : ['left', right];
    // A label that an open side might have is missing for certain only where the query itself asks for it.
    const asked = mode === 'on' || carrier.fixed.has(label) || !carrier.open;
    if (asked) return { text: `the ${without} side has no label ${label}`, certain: true };
  }
  if (mode === 'ignoring' && left.open !== right.open)
    return {
      text: `the ${left.open ? 'left' : 'right'} side is not aggregated and has more labels than the other`,
      certain: false,
    };
  return null;
}
