import type { Reading } from '../domain/reading.ts';

/**
 * At most `most` of the rows, in their order, chosen so that a picture of them looks the same: of each stretch the
 * first and the last, the least and the greatest, and one at which nothing was read.
 *
 * @param most 5 or more
 */
export function thinned<Row extends { readonly reading: Reading }>(
  rows: readonly Row[],
  most: number,
): readonly Row[] {
  if (rows.length <= most) return rows;
  const stretches = Math.floor(most / 5);
  const kept = new Set<Row>();
  for (let nth = 0; nth < stretches; nth += 1) {
    const from = Math.floor((nth * rows.length) / stretches);
    const to = Math.floor(((nth + 1) * rows.length) / stretches);
    for (const row of telling(rows.slice(from, to))) kept.add(row);
  }
  return rows.filter((row) => kept.has(row));
}

function telling<Row extends { readonly reading: Reading }>(stretch: readonly Row[]): readonly Row[] {
  let least: Row | undefined;
  let greatest: Row | undefined;
  for (const row of stretch) {
    const height = heightOf(row.reading);
    if (height === null) continue;
    if (least === undefined || height < (heightOf(least.reading) ?? height)) least = row;
    if (greatest === undefined || height > (heightOf(greatest.reading) ?? height)) greatest = row;
  }
  const unread = stretch.find(({ reading }) => reading.kind === 'unknown');
  return [stretch[0], stretch.at(-1), least, greatest, unread].filter((row) => row !== undefined);
}

/** A failed probe stands above one that passed; where nothing was read there is no height. */
function heightOf(reading: Reading): number | null {
  if (reading.kind === 'value') return reading.value;
  return reading.kind === 'probe' ? Number(!reading.passed) : null;
}
