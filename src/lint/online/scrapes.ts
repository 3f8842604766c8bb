import { formatDuration, MINUTE } from '../../domain/time.ts';
import { stretchOf, type ParsedQuery } from '../check.ts';
import type { CodedHit } from '../coded-hit.ts';
import { counterFunctions, gaugeFunctions } from '../metric-names.ts';
import { bare, walk } from '../walk.ts';
import type { Asking } from './asking.ts';
import { selectorText } from './selector-text.ts';
import { unanswered } from './unanswered.ts';

const lookedAtMs = 10 * MINUTE;

/** Whether ranges hold two samples, by how often samples really come. */
export async function findShortRanges(asking: Asking, query: ParsedQuery): Promise<readonly CodedHit[]> {
  const hits: CodedHit[] = [];
  for (const { node } of walk(query.expression)) {
    if (node.kind !== 'call' || !(counterFunctions.has(node.name) || gaugeFunctions.has(node.name))) continue;
    for (const arg of node.args.map(bare)) {
      if (arg.kind !== 'range') continue;
      const at = stretchOf(query, arg.span);
      const text = selectorText(arg.selector);
      // Of a series that is younger than that, the number of samples says how old it is.
      const samples = await asking.number(`max(count_over_time(${text}[10m]) and ${text} offset 10m)`);
      if ('failure' in samples) {
        hits.push(unanswered(at, `how often ${text} is scraped`, samples));
        continue;
      }
      if (samples.value === null || samples.value < 1) continue;
      const everyMs = lookedAtMs / samples.value;
      if (arg.rangeMs < 2 * everyMs * 0.95)
        hits.push({
          code: 'online/range-short',
          at,
          message: `${node.name}() over ${formatDuration(arg.rangeMs)}; a sample comes about every ${formatDuration(everyMs)}`,
        });
    }
  }
  return hits;
}
