import type { Plot } from './document.ts';

const heights = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const columns = 48;

/**
 * A series in one line of text: the greatest value of each stretch of time, `·` where nothing is known. Probes are `▁`
 * where they passed and `█` where one failed.
 */
export function sparkline({ series, fromMs, toMs }: Plot): string {
  const cells: (number | null)[] = Array.from({ length: columns }, () => null);
  for (const { at, value, verdict } of series.readings) {
    const column = Math.min(columns - 1, Math.floor(((at - fromMs) / Math.max(1, toMs - fromMs)) * columns));
    const number = value ?? (verdict === 'failed' ? 1 : verdict === 'passed' ? 0 : null);
    if (number === null || !Number.isFinite(number)) continue;
    cells[column] = Math.max(cells[column] ?? -Infinity, number);
  }
  const known = cells.filter((cell) => cell !== null);
  const low = Math.min(0, ...known);
  const high = Math.max(...known, ...thresholdsOf(series), low + Number.MIN_VALUE);
  return cells.map((cell) => (cell === null ? '·' : heightOf((cell - low) / (high - low)))).join('');
}

function thresholdsOf({ levels }: Plot['series']): readonly number[] {
  return levels.flatMap(({ threshold }) => (threshold === null ? [] : [threshold]));
}

function heightOf(share: number): string {
  return heights[Math.min(heights.length - 1, Math.max(0, Math.round(share * (heights.length - 1))))] ?? '▁';
}
