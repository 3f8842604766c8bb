import type { Series } from '../domain/labels.ts';
import type { Answerer, InstantResult } from '../domain/ports/answerer.ts';
import { RollbackError } from '../domain/errors.ts';
import { keyOf, type Answered, type Question } from './answered.ts';
import type { Stretch } from './history.ts';
import { gridIn } from './span.ts';

/** Answers what Prometheus would have answered then, as far as it was asked before. */
export interface PastAnswerer extends Answerer {
  /** From here on these stretches are known, and no others. */
  know(stretches: readonly Stretch[]): void;
}

/**
 * An answerer over the past. It is asked for the present of a simulated clock; between grid points it answers what
 * the last one brought.
 */
export function pastAnswerer(
  questions: readonly Question[],
  clock: { readonly now: () => number },
): PastAnswerer {
  const steps = Map.groupBy(questions, ({ text }) => text);
  let known: readonly Stretch[] = [];
  return {
    name: 'prometheus',
    know: (stretches) => {
      known = stretches;
    },
    query: (text, at) => {
      const then = at ?? clock.now();
      for (const question of steps.get(text) ?? []) {
        const found = answerAt(known, question, then);
        if (found !== null) return found;
      }
      return Promise.reject(unknown(text, then));
    },
    queryRange: (text) => Promise.reject(unknown(text, clock.now())),
  };
}

function answerAt(
  known: readonly Stretch[],
  question: Question,
  then: number,
): Promise<InstantResult> | null {
  const at = Math.floor(then / question.stepMs) * question.stepMs;
  const stretch = known.find(({ window }) => at >= window.fromMs && at < window.toMs);
  const answer = stretch?.answers.get(keyOf(question));
  if (stretch === undefined || answer === undefined) return null;
  if ('problem' in answer) return Promise.reject(new RollbackError('ANSWER_INVALID', answer.problem));
  return Promise.resolve(
    vectorAt(answer, (at - gridIn(stretch.window, question.stepMs).firstMs) / question.stepMs),
  );
}

function vectorAt({ rows, warnings }: Answered, index: number): InstantResult {
  const series: Series[] = [];
  for (const { labels, values, present } of rows)
    if (present[index] === 1) series.push({ labels, value: values[index] ?? Number.NaN });
  return { type: 'vector', series, warnings };
}

function unknown(text: string, at: number): RollbackError {
  return new RollbackError(
    'NOT_FOUND',
    `the history holds no answer to ${text} at ${new Date(at).toISOString()}`,
  );
}
