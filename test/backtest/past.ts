import type { Answerer } from '../../src/domain/ports/answerer.ts';
import type { RangeSeries } from '../../src/domain/labels.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import type { History } from '../../src/backtest/history.ts';
import type { Stretch } from '../../src/backtest/history.ts';

/** What a query was at an instant, by series; null where there was no sample. */
export type Past = Readonly<Record<string, Readonly<Record<string, (at: number) => number | null>>>>;

/** An answerer over a made-up past, which keeps a readable log of what it was asked. */
export class PastPrometheus implements Answerer {
  readonly name = 'prometheus';
  /** `errors 2026-01-01T00:00:00.000Z +2879 x 60000`. */
  readonly asked: string[] = [];
  /** What the next questions meet, in order; once it is empty, all are answered. */
  readonly troubles: (RollbackError | 'stop' | undefined)[] = [];
  readonly #past: Past;
  readonly #stop: (() => void) | null;

  constructor(past: Past, stop: (() => void) | null = null) {
    this.#past = past;
    this.#stop = stop;
  }

  query(): Promise<never> {
    return Promise.reject(new RollbackError('REFUSED', 'only ranges are asked for'));
  }

  queryRange(
    text: string,
    { fromMs, toMs, stepMs }: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
  ): ReturnType<Answerer['queryRange']> {
    this.asked.push(`${text} ${new Date(fromMs).toISOString()} +${(toMs - fromMs) / stepMs} x ${stepMs}`);
    const trouble = this.troubles.shift();
    if (trouble === 'stop') this.#stop?.();
    else if (trouble !== undefined) return Promise.reject(trouble);
    const series = this.#past[text];
    if (series === undefined)
      return Promise.reject(
        new RollbackError('ANSWER_INVALID', `POST http://p/api/v1/query_range answered 400: no ${text}`, {
          status: 400,
        }),
      );
    return Promise.resolve({
      series: Object.entries(series).map(([service, at]) => seriesOf(service, at, { fromMs, toMs, stepMs })),
      warnings: [],
    });
  }
}

function seriesOf(
  service: string,
  value: (at: number) => number | null,
  { fromMs, toMs, stepMs }: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
): RangeSeries {
  const times: number[] = [];
  const values: number[] = [];
  for (let at = fromMs; at <= toMs; at += stepMs) {
    const here = value(at);
    if (here === null) continue;
    times.push(at);
    values.push(here);
  }
  const labels = service === '' ? {} : { service };
  return { labels, times: Float64Array.from(times), values: Float64Array.from(values) };
}

/** All stretches of a history. */
export async function allOf(history: History): Promise<readonly Stretch[]> {
  const all: Stretch[] = [];
  for await (const stretch of history) all.push(stretch);
  return all;
}
