import { z } from 'zod';
import type { Place } from '../../config/place.ts';
import { duration } from '../../config/scalars.ts';
import type { QueryTest } from '../../rehearse/rule-test.ts';
import { readNumber } from '../../rehearse/number.ts';
import { labelsAt, whereOf } from './names.ts';

const value = z.union([
  z.number(),
  z.string().regex(/^[+-]?(inf|nan|\d+(\.\d+)?(e[+-]?\d+)?)$/i, 'expected a number, Inf or NaN'),
]);

/** `promql:`, queries and what they return at an instant. */
export function readQueries(place: Place, file: string): readonly QueryTest[] {
  return place.items('queries').map((item) => {
    const fields = item.fields({ query: z.string().min(1), at: duration, samples: z.unknown() });
    const samples = item
      .at('samples')
      .items('samples')
      .flatMap((sample) => {
        const written = sample.fields({ labels: z.string().optional(), value });
        // A sample without a name may be written as its labels alone, or not at all.
        const labels =
          written.labels === undefined || /^\s*(\{\s*\})?\s*$/.test(written.labels)
            ? {}
            : labelsAt(sample.at('labels'), written.labels);
        if (labels === null || written.value === undefined) return [];
        return [
          {
            labels,
            value: Number.isNaN(Number(written.value))
              ? readNumber(String(written.value))
              : Number(written.value),
          },
        ];
      });
    if (!item.has('samples'))
      item.problem('says not what it returns; add samples: (an empty list for nothing)', 'key');
    return { where: whereOf(item, file), query: fields.query ?? '', atMs: fields.at ?? 0, samples };
  });
}
