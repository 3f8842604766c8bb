import { RollbackError } from '../domain/errors.ts';
import type { RangeSeries, Series } from '../domain/labels.ts';
import type { Answerer, InstantResult, RangeResult } from '../domain/ports/answerer.ts';
import { keyOf, type Answered, type Question } from './answered.ts';
import type { Stretch } from './history.ts';
import { gridIn } from './span.ts';

/** Answers what Prometheus would have answered then, as far as it was asked before. */
export interface PastAnswerer extends Answerer {
  /** From here on these stretches are known, and no others. */
  know(stretches: readonly Stretch[]): void;
}

/**
 * An answerer over the past. It is asked for the present of a simulated clock, or for as long before it as a question
 * was asked back; between grid points it answers what the last one brought. Ranges hold what is known of them.
 */
export function pastAnswerer(
  questions: readonly Question[],
  clock: { readonly now: () => number },
): PastAnswerer {
  const byText = Map.groupBy(questions, ({ text }) => text);
  let known: readonly Stretch[] = [];
  return {
    name: 'prometheus',
    know: (stretches) => {
      known = stretches;
    },
    query: (text, at) => {
      const now = clock.now();
      const backMs = at === null ? 0 : now - at;
      const question = byText.get(text)?.find((asked) => asked.backMs === backMs);
      const found = question === undefined ? null : answerAt(known, question, now);
      if (found === null) return Promise.reject(unknown(text, at ?? now));
      return 'problem' in found ? Promise.reject(refused(found.problem)) : Promise.resolve(found);
    },
    queryRange: (text, range) => {
      const question = byText.get(text)?.find(({ backMs }) => backMs === 0);
      if (question === undefined) return Promise.reject(unknown(text, range.fromMs));
      return Promise.resolve(rangeOf(known, question, range));
    },
  };
}

/** The answer at a slot; null where nobody asked. */
function answerAt(
  known: readonly Stretch[],
  question: Question,
  then: number,
): InstantResult | { readonly problem: string } | null {
  const at = Math.floor(then / question.stepMs) * question.stepMs;
  const stretch = known.find(({ window }) => at >= window.fromMs && at < window.toMs);
  const answer = stretch?.answers.get(keyOf(question));
  if (stretch === undefined || answer === undefined) return null;
  if ('problem' in answer) return answer;
  return vectorAt(answer, (at - gridIn(stretch.window, question.stepMs).firstMs) / question.stepMs);
}

function vectorAt({ rows, warnings }: Answered, index: number): Extract<InstantResult, { type: 'vector' }> {
  const series: Series[] = [];
  for (const { labels, values, present } of rows)
    if (present[index] === 1) series.push({ labels, value: values[index] ?? Number.NaN });
  return { type: 'vector', series, warnings };
}

function rangeOf(
  known: readonly Stretch[],
  question: Question,
  { fromMs, toMs, stepMs }: Parameters<Answerer['queryRange']>[1],
): RangeResult {
  const found = new Map<string, { labels: Series['labels']; times: number[]; values: number[] }>();
  const warnings = new Set<string>();
  for (let at = fromMs; at <= toMs; at += stepMs) {
    const answer = answerAt(known, question, at);
    if (answer === null || 'problem' in answer || answer.type !== 'vector') continue;
    for (const warning of answer.warnings) warnings.add(warning);
    for (const { labels, value } of answer.series) {
      const name = JSON.stringify(labels);
      const series = found.get(name) ?? { labels, times: [], values: [] };
      found.set(name, series);
      series.times.push(at);
      series.values.push(value);
    }
  }
  const series = [...found.values()].map(({ labels, times, values }): RangeSeries => ({
    labels,
    times: Float64Array.from(times),
    values: Float64Array.from(values),
  }));
  return { series, warnings: [...warnings] };
}

function refused(problem: string): RollbackError {
  return new RollbackError('ANSWER_INVALID', problem);
}

function unknown(text: string, at: number): RollbackError {
  return new RollbackError(
    'NOT_FOUND',
    `the history holds no answer to ${text} at ${new Date(at).toISOString()}`,
  );
}
