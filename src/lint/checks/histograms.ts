import { parsedQueries, stretchOf, type Check, type Hit } from '../check.ts';
import { flowsOf, mayCarry } from '../label-flow.ts';
import { callsOf, walk } from '../walk.ts';

const quantileOfBuckets = new Set(['histogram_quantile']);

/** histogram_quantile() over what has lost the bounds of its buckets. */
export const histogramLe: Check = {
  gravity: 'error',
  why: 'histogram_quantile() finds its buckets by the label le; without it there are none, and the result is empty.',
  remedy: 'Keep le in the aggregation: sum by (service, le) (rate(x_bucket[5m])).',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint))
      for (const { args } of callsOf(query.expression, quantileOfBuckets)) {
        const buckets = args[1];
        if (buckets === undefined) continue;
        const flows = flowsOf(buckets);
        if (flows.length > 0 && flows.every((flow) => !mayCarry(flow, 'le')))
          yield { at: stretchOf(query, buckets.span), message: 'the buckets lose their label le' };
      }
  },
};

/** A share that is no share: `histogram_quantile(95, …)`. */
export const quantileRange: Check = {
  gravity: 'error',
  why: 'A quantile lies between 0 and 1; beyond, the result is always infinite.',
  remedy: 'Write 0.95 for the 95th percentile.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint))
      for (const { node } of walk(query.expression)) {
        const share =
          node.kind === 'aggregation' && node.aggregator === 'quantile'
            ? node.parameter
            : node.kind === 'call' && /^(histogram_quantile|quantile_over_time)$/.test(node.name)
              ? node.args[0]
              : null;
        if (share?.kind === 'number' && (share.value < 0 || share.value > 1))
          yield { at: stretchOf(query, share.span), message: `${share.value} is no quantile` };
      }
  },
};
