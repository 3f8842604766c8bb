import { stretchOf, type ParsedQuery } from '../check.ts';
import type { CodedHit } from '../coded-hit.ts';
import { counterFunctions, gaugeFunctions, metricOf, selectorsOf } from '../metric-names.ts';
import { bare, callsOf } from '../walk.ts';
import type { Asking } from './asking.ts';
import { unanswered } from './unanswered.ts';

/** Whether functions are given metrics of the type that the exporters say they are. */
export async function findWrongTypes(asking: Asking, query: ParsedQuery): Promise<readonly CodedHit[]> {
  const hits: CodedHit[] = [];
  for (const [names, wrong] of [
    [counterFunctions, 'gauge'],
    [gaugeFunctions, 'counter'],
  ] as const)
    for (const call of callsOf(query.expression, names))
      for (const selector of call.args
        .map(bare)
        .flatMap((arg) => (arg.kind === 'range' ? selectorsOf(arg) : []))) {
        const metric = metricOf(selector);
        if (metric === null) continue;
        const at = stretchOf(query, selector.span);
        const type = await typeOf(asking, metric);
        if ('failure' in type) hits.push(unanswered(at, `which type ${metric} has`, type));
        else if (type.value === wrong)
          hits.push({
            code: 'online/metric-type',
            at,
            message: `${call.name}() over ${metric}, which its exporter calls a ${wrong}`,
          });
      }
  return hits;
}

/** Histograms and summaries are described under the name without `_bucket`, `_count`, `_sum`: these are counters. */
async function typeOf(asking: Asking, metric: string) {
  const own = await asking.type(metric);
  if ('failure' in own || own.value !== null) return own;
  const whole = metric.replace(/_(bucket|count|sum)$/, '');
  if (whole === metric) return own;
  const type = await asking.type(whole);
  if ('failure' in type) return type;
  return { value: type.value === 'histogram' || type.value === 'summary' ? 'counter' : null };
}
