import type { Plot } from './document.ts';

const heights = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const mostColumns = 48;

/**
 * A series in one line of text, from its first reading to its last: the greatest value of each stretch of time, `·`
 * where nothing is known. Probes are `▁` where they passed and `█` where one failed.
 */
export function sparkline({ series }: Pick<Plot, 'series'>): string {
  const cells = cellsOf(series.readings);
  const known = cells.filter((cell) => cell !== null);
  const low = Math.min(0, ...known);
  const high = Math.max(...known, ...thresholdsOf(series), low + Number.MIN_VALUE);
  return cells.map((cell) => (cell === null ? '·' : heightOf((cell - low) / (high - low)))).join('');
}

/** Where no reading falls into a stretch, the one before it still stands. */
function cellsOf(readings: Plot['series']['readings']): readonly (number | null)[] {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined) return [];
  const columns = Math.min(mostColumns, readings.length);
  const cells: (number | null | undefined)[] = Array.from({ length: columns });
  for (const { at, value, verdict } of readings) {
    const share = (at - first.at) / Math.max(1, last.at - first.at);
    const column = Math.min(columns - 1, Math.floor(share * columns));
    const number = value ?? (verdict === 'failed' ? 1 : verdict === 'passed' ? 0 : null);
    const before = cells[column] ?? null;
    cells[column] =
      number === null || !Number.isFinite(number) ? before : Math.max(before ?? -Infinity, number);
  }
  let standing: number | null = null;
  return cells.map((cell) => (standing = cell === undefined ? standing : cell));
}

function thresholdsOf({ levels }: Plot['series']): readonly number[] {
  return levels.flatMap(({ threshold }) => (threshold === null ? [] : [threshold]));
}

function heightOf(share: number): string {
  return heights[Math.min(heights.length - 1, Math.max(0, Math.round(share * (heights.length - 1))))] ?? '▁';
}
