import { RollbackError } from '../../domain/errors.ts';
import type { Answerer, InstantResult, RangeResult } from '../../domain/ports/answerer.ts';

/** Evenly spaced instants of the past, both ends included, in epoch ms. */
export interface Grid {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** Instants that are asked for at once, at first: fewer where the answer is too large. */
const mostAtOnce = 250;

interface Part {
  readonly fromMs: number;
  readonly toMs: number;
  readonly answer: RangeResult;
}

/**
 * Answers instant queries at the points of a grid, or as long before each as was asked back, from range queries: a long
 * past costs a few questions instead of one for each instant. Only the part that was asked for last is kept, so it is
 * to be walked in order.
 *
 * @param now the point of the grid that is read
 */
export function gridAnswerer(answerer: Answerer, grid: Grid, now: () => number): Answerer {
  const parts = new Map<string, Part>();
  let atOnce = mostAtOnce;
  const ask = async (text: string, at: number, signal: AbortSignal): Promise<Part> => {
    const shiftMs = at - now();
    for (;;) {
      const toMs = Math.min(at + (atOnce - 1) * grid.stepMs, grid.toMs + shiftMs);
      try {
        const range = { fromMs: at, toMs, stepMs: grid.stepMs };
        return { fromMs: at, toMs, answer: await answerer.queryRange(text, range, signal) };
      } catch (thrown) {
        if (!isTooLarge(thrown) || atOnce === 1) throw thrown;
        atOnce = Math.ceil(atOnce / 4);
      }
    }
  };
  return {
    name: answerer.name,
    ...(answerer.notYet === undefined ? {} : { notYet: answerer.notYet }),
    query: async (text, asked, signal) => {
      const at = asked ?? now();
      const name = `${at - now()} ${text}`;
      const known = parts.get(name);
      const part =
        known !== undefined && known.fromMs <= at && at <= known.toMs ? known : await ask(text, at, signal);
      parts.set(name, part);
      return answerAt(part, (at - part.fromMs) / grid.stepMs, grid.stepMs);
    },
    queryRange: (text, range, signal) => answerer.queryRange(text, range, signal),
  };
}

/** The point that a sample belongs to is rounded: servers may write times in seconds. */
function answerAt({ fromMs, answer }: Part, index: number, stepMs: number): InstantResult {
  const series = answer.series.flatMap(({ labels, times, values }) => {
    const place = times.findIndex((time) => Math.round((time - fromMs) / stepMs) === index);
    return place === -1 ? [] : [{ labels, value: values[place] ?? Number.NaN }];
  });
  return { type: 'vector', series, warnings: answer.warnings };
}

function isTooLarge(thrown: unknown): boolean {
  return thrown instanceof RollbackError && thrown.code === 'ANSWER_TOO_LARGE';
}
