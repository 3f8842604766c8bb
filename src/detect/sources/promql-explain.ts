import { messageOf } from '../../domain/errors.ts';
import type { ExplainedPart, ExplainedQuery } from '../../domain/explanation.ts';
import type { Series } from '../../domain/labels.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Subject } from '../../domain/target.ts';
import { formatFloat } from '../../promql/functions/format-float.ts';
import { parseQuery } from '../../promql/parse.ts';
import { subExpressions, type SubExpression } from '../../promql/sub-expressions.ts';
import type { PromqlSignal } from './promql-options.ts';
import { seriesMap } from './series-map.ts';

/** How many series of a part are shown. */
const shown = 5;

/**
 * Every query of a signal with the values of its parts at an instant, for one subject. A part that cannot be evaluated
 * says why; the others are shown all the same.
 *
 * @param at epoch ms; null is now
 */
export async function explainPromql(
  answerer: Answerer,
  { ask }: PromqlSignal,
  {
    subject,
    at,
    signal,
  }: { readonly subject: Subject; readonly at: number | null; readonly signal: AbortSignal },
): Promise<readonly ExplainedQuery[]> {
  const queries: readonly (readonly [string, string])[] =
    'query' in ask
      ? [['query', ask.query]]
      : [
          ['bad', ask.bad],
          ['total', ask.total],
        ];
  return Promise.all(
    queries.map(async ([title, text]) => ({
      title,
      parts: await Promise.all(
        partsOf(text).map((part) => evaluate(answerer, part, { subject, at, signal })),
      ),
    })),
  );
}

/** Queries that only a newer Prometheus can read are asked as a whole. */
function partsOf(text: string): readonly SubExpression[] {
  try {
    return subExpressions(text, parseQuery(text));
  } catch {
    return [{ text: text.replace(/\s+/g, ' ').trim(), depth: 0 }];
  }
}

async function evaluate(
  answerer: Answerer,
  part: SubExpression,
  {
    subject,
    at,
    signal,
  }: { readonly subject: Subject; readonly at: number | null; readonly signal: AbortSignal },
): Promise<ExplainedPart> {
  try {
    const result = await answerer.query(part.text, at, signal);
    if (result.type === 'scalar')
      return { ...part, series: [{ labels: {}, value: formatFloat(result.value) }], more: 0, problem: null };
    if (result.type !== 'vector') return { ...part, series: [], more: 0, problem: `it is a ${result.type}` };
    const series = largest(concerning(result.series, subject));
    return {
      ...part,
      series: series.slice(0, shown).map(({ labels, value }) => ({ labels, value: formatFloat(value) })),
      more: Math.max(0, series.length - shown),
      problem: null,
    };
  } catch (thrown) {
    return { ...part, series: [], more: 0, problem: messageOf(thrown) };
  }
}

/** The series of the subject where they carry its labels; else all of them. */
function concerning(series: readonly Series[], subject: Subject): readonly Series[] {
  const map = seriesMap([subject]);
  const speaking = series.filter(({ labels }) => map.speaksOf(labels, subject));
  return speaking.length === 0 ? series : speaking.filter(({ labels }) => map.find(labels).length > 0);
}

function largest(series: readonly Series[]): readonly Series[] {
  const rank = (value: number): number => (Number.isNaN(value) ? -Infinity : value);
  return series.toSorted((a, b) => rank(b.value) - rank(a.value));
}
