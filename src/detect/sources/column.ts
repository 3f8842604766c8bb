import type { Series } from '../../domain/labels.ts';
import type { InstantResult } from '../../domain/ports/answerer.ts';
import type { Subject } from '../../domain/target.ts';
import type { SeriesMap } from './series-map.ts';

/** One query's answer by subject; a subject that is missing has no series, `several` has more than one. */
export interface Column {
  readonly cells: ReadonlyMap<string, number | 'several'>;
  /** Series that belong to no subject. */
  readonly unmatched: number;
}

/** Spreads the answer to one query over the subjects, or says why it cannot be read as asked for. */
export function columnOf(
  result: InstantResult,
  subjects: readonly Subject[],
  map: SeriesMap,
): Column | { readonly problem: string } {
  if (result.warnings.length > 0)
    return { problem: `the answer came with warnings: ${result.warnings.join('; ')}` };
  switch (result.type) {
    case 'matrix':
    case 'string':
      return { problem: `the query returned a ${result.type}, expected an instant vector` };
    case 'scalar':
      return forAll(result.value, subjects, 'a scalar');
    case 'vector':
      return ofVector(result.series, subjects, map);
  }
}

function ofVector(
  series: readonly Series[],
  subjects: readonly Subject[],
  map: SeriesMap,
): Column | { readonly problem: string } {
  const [only] = series;
  const ofHosts = subjects.every(({ target }) => target === null);
  if (ofHosts && series.length > 1)
    return { cells: new Map(subjects.map(({ name }) => [name, 'several'])), unmatched: 0 };
  const serves = ofHosts || (only !== undefined && hasNoLabels(only));
  if (series.length === 1 && only !== undefined && serves)
    return forAll(only.value, subjects, 'one series without labels');
  return mapped(series, map);
}

/** One value cannot be told apart for several targets. Hosts share it. */
function forAll(
  value: number,
  subjects: readonly Subject[],
  what: string,
): Column | { readonly problem: string } {
  if (subjects.length > 1 && subjects.some(({ target }) => target !== null))
    return {
      problem: `the query returned ${what} for ${subjects.length} targets; aggregate by the labels that tell them apart`,
    };
  return { cells: new Map(subjects.map(({ name }) => [name, value])), unmatched: 0 };
}

function hasNoLabels({ labels }: Series): boolean {
  return Object.keys(labels).every((name) => name === '__name__');
}

function mapped(series: readonly Series[], map: SeriesMap): Column {
  const cells = new Map<string, number | 'several'>();
  let unmatched = 0;
  for (const { labels, value } of series) {
    const names = map.find(labels);
    if (names.length === 0) unmatched += 1;
    for (const name of names) cells.set(name, cells.has(name) ? 'several' : value);
  }
  return { cells, unmatched };
}
