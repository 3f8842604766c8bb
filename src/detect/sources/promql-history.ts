import type { RangeSeries } from '../../domain/labels.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import { ofRatio } from './promql-look.ts';
import type { PromqlSignal } from './promql-options.ts';
import type { SeriesMap } from './series-map.ts';

/** A stretch of the past, in epoch ms. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** Whose history is asked for. */
export interface HistoryAsking {
  readonly subject: string;
  readonly map: SeriesMap;
  /** The subject is the only one: a series without labels is its own. */
  readonly isAlone: boolean;
  readonly signal: AbortSignal;
}

/**
 * The values of a signal for one subject over a stretch of the past, oldest first: those that would have been readings.
 * Rejects when the answer cannot be trusted.
 */
export async function historyOf(
  answerer: Answerer,
  { ask }: PromqlSignal,
  stretch: Stretch,
  asking: HistoryAsking,
): Promise<readonly number[]> {
  if ('query' in ask) {
    const cells = await cellsOf(answerer, ask.query, stretch, asking);
    return [...(cells ?? new Map<number, number>()).values()].filter(Number.isFinite);
  }
  const [bad, total] = await Promise.all([
    cellsOf(answerer, ask.bad, stretch, asking),
    cellsOf(answerer, ask.total, stretch, asking),
  ]);
  return [...(total ?? [])].flatMap(([at, amount]) => {
    const saw = ofRatio({ bad: bad?.get(at), total: amount }, ask.min);
    return saw !== 'ok' && 'value' in saw ? [saw.value] : [];
  });
}

/** One subject's values by instant; null when it has no series. */
async function cellsOf(
  answerer: Answerer,
  text: string,
  stretch: Stretch,
  { subject, map, isAlone, signal }: HistoryAsking,
): Promise<ReadonlyMap<number, number> | null> {
  const { series, warnings } = await answerer.queryRange(text, stretch, signal);
  if (warnings.length > 0) throw new Error(`${answerer.name} warned: ${warnings.join('; ')}`);
  const own = series.filter(({ labels }) => map.find(labels).includes(subject));
  const [only] = own.length === 0 && isAlone && series.length === 1 ? series.filter(hasNoLabels) : own;
  if (own.length > 1) return merged(own);
  if (only === undefined) return null;
  return new Map(Array.from(only.times, (at, index) => [at, only.values[index] ?? Number.NaN]));
}

function hasNoLabels({ labels }: RangeSeries): boolean {
  return Object.keys(labels).every((name) => name === '__name__');
}

/** Series that follow each other are one; where two have a value at one instant, neither is the subject's. */
function merged(series: readonly RangeSeries[]): ReadonlyMap<number, number> {
  const cells = new Map<number, number>();
  for (const { times, values } of series)
    times.forEach((at, index) => cells.set(at, cells.has(at) ? Number.NaN : (values[index] ?? Number.NaN)));
  return cells;
}
