import type { Labels, Series } from '../domain/labels.ts';
import type { QueryTest } from './rule-test.ts';
import { wordSeries } from './series-name.ts';

/** Differences of rounding between two ways to add up are no differences. */
const tolerance = 1e-9;

/**
 * Holds what a query returned against what is expected of it. Every expected sample needs one that was returned, with
 * the labels that are written, whatever others it has; none may be left over.
 *
 * @returns what is missing, and what is left over, one string a line; empty when all is as expected
 */
export function compareSamples(
  expected: QueryTest['samples'],
  returned: readonly Series[],
): readonly string[] {
  const left = new Set(returned);
  const missing: string[] = [];
  // Those that say most find theirs first: `{}` takes what nobody else wanted.
  const bySpecificity = expected.toSorted(
    (a, b) => Object.keys(b.labels).length - Object.keys(a.labels).length,
  );
  for (const sample of bySpecificity) {
    const found = [...left].find(
      ({ labels, value }) => carries(labels, sample.labels) && isSame(value, sample.value),
    );
    if (found === undefined) missing.push(`  expected  ${wordSample(sample.labels, sample.value)}`);
    else left.delete(found);
  }
  return [...missing, ...[...left].map(({ labels, value }) => `  got       ${wordSample(labels, value)}`)];
}

function carries(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => (labels[name] ?? '') === value);
}

function isSame(a: number, b: number): boolean {
  if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b)) || a === b) return true;
  return Number.isFinite(a - b) && Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
}

function wordSample(labels: Labels, value: number): string {
  return `${wordSeries(labels)} ${value}`;
}
