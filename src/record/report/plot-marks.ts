import { markup, type Markup } from '../../domain/markup.ts';
import type { Plot } from './document.ts';
import { frame, placeOf, rounded, type Axes } from './plot-axes.ts';

interface Placed {
  readonly x: number;
  readonly name: string;
  readonly row: number;
  readonly end: boolean;
}

/** Names that would lie on each other stand in rows above the plot. */
export function placeMarks({ marks, fromMs, toMs }: Plot): readonly Placed[] {
  const rows: number[] = [];
  return marks.map(({ at, name }) => {
    const x = placeOf(at, { fromMs, toMs });
    const long = name.length * 6 + 8;
    const end = x + long > frame.width;
    const [from, to] = end ? [x - long, x] : [x, x + long];
    const free = rows.findIndex((taken) => taken <= from);
    const row = free === -1 ? rows.length : free;
    rows[row] = to;
    return { x, name, row, end };
  });
}

/** Room above the plot for so many rows of names. */
export function roomFor(placed: readonly Placed[]): number {
  const rows = placed.reduce((most, { row }) => Math.max(most, row + 1), 0);
  return rows * frame.markRow + 8;
}

export function marksOf(placed: readonly Placed[], { top }: Axes, height: number): readonly Markup[] {
  return placed.map(({ x, name, row, end }) => {
    const y = rounded(row * frame.markRow + 12);
    return markup`<path class="mark" d="M${x} ${y - 9}V${top + height}"/><text class="mark" x="${end ? x - 4 : x + 4}" y="${y}" text-anchor="${end ? 'end' : 'start'}">${name}</text>`;
  });
}
