import type { Series } from '../../domain/labels.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Subject } from '../../domain/target.ts';
import { formatDuration, SECOND } from '../../domain/time.ts';
import type { PromqlSignal } from './promql-options.ts';
import type { SeriesMap } from './series-map.ts';

/**
 * Asks for the age of the samples by the clock of whoever answers, in the same tick as the readings.
 *
 * Where the samples carry the labels of a target, its own youngest sample counts; where none carries them, the
 * youngest of all. Rejects when the answer cannot be trusted.
 *
 * @returns by subject, why its readings are too old to be believed; subjects with fresh samples are missing
 */
export async function freshnessOf(
  answerer: Answerer,
  fresh: PromqlSignal['fresh'],
  asking: {
    readonly subjects: readonly Subject[];
    readonly map: SeriesMap;
    readonly signal: AbortSignal;
  },
): Promise<ReadonlyMap<string, string>> {
  const stale = new Map<string, string>();
  if (fresh === null) return stale;
  const ages = await agesOf(answerer, fresh.selector, asking.signal);
  const youngest = youngestOf(ages, asking.map);
  for (const subject of asking.subjects) {
    const labelled = ages.some(({ labels }) => asking.map.speaksOf(labels, subject));
    const ageMs = labelled ? youngest.of.get(subject.name) : youngest.overall;
    if (ageMs === undefined) stale.set(subject.name, `no sample of ${fresh.selector}`);
    else if (ageMs > fresh.maxAgeMs)
      stale.set(
        subject.name,
        `samples of ${fresh.selector} are ${formatDuration(ageMs)} old, at most ${formatDuration(fresh.maxAgeMs)} allowed`,
      );
  }
  return stale;
}

/** What is asked for the ages of the samples of a selector, in seconds. */
export function ageQuery(selector: string): string {
  return `time() - timestamp(${selector})`;
}

async function agesOf(answerer: Answerer, selector: string, signal: AbortSignal): Promise<readonly Series[]> {
  const result = await answerer.query(ageQuery(selector), null, signal);
  if (result.warnings.length > 0)
    throw new Error(`the answer came with warnings: ${result.warnings.join('; ')}`);
  if (result.type === 'vector') return result.series;
  throw new Error(`the age of ${selector} came as a ${result.type}, expected an instant vector`);
}

/** In ms: by subject, and of all series; undefined where there is no sample. */
function youngestOf(
  ages: readonly Series[],
  map: SeriesMap,
): { readonly of: ReadonlyMap<string, number>; readonly overall: number | undefined } {
  const of = new Map<string, number>();
  let overall: number | undefined;
  for (const { labels, value } of ages) {
    const ageMs = value * SECOND;
    if (!Number.isFinite(ageMs)) continue;
    overall = Math.min(overall ?? ageMs, ageMs);
    for (const name of map.find(labels)) of.set(name, Math.min(of.get(name) ?? ageMs, ageMs));
  }
  return { of, overall };
}
