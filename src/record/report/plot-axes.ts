import { formatQuantity, type Unit } from '../../domain/quantity.ts';
import { roundValues, ticksOf } from '../../domain/axis.ts';
import { markup, type Markup } from '../../domain/markup.ts';
import type { Plot } from './document.ts';
import { unitOf } from './series-unit.ts';

/** In units of the picture, which is as wide as the page. */
export const frame = { width: 760, left: 66, right: 10, height: 170, bottom: 24, markRow: 14 } as const;
const inner = frame.width - frame.left - frame.right;

export interface Axes {
  readonly fromMs: number;
  readonly toMs: number;
  readonly low: number;
  readonly high: number;
  readonly unit: Unit;
  /** Where the plot begins below its marks. */
  readonly top: number;
}

export function axesOf({ series, fromMs, toMs }: Plot, top: number): Axes {
  const values = [
    ...series.readings.map(({ value }) => value),
    ...series.levels.map(({ threshold }) => threshold),
  ].filter((value): value is number => value !== null && Number.isFinite(value));
  const [low, high] = values.reduce(
    ([least, greatest], value) => [Math.min(least, value), Math.max(greatest, value)] as const,
    [Infinity, -Infinity] as const,
  );
  const [from, to] = low > high ? [0, 1] : [low, high];
  const spread = to - from || Math.abs(to) || 1;
  return {
    fromMs,
    toMs,
    // What is near to nothing is shown from nothing on.
    low: from >= 0 && from < to / 2 ? 0 : from - spread * 0.1,
    high: to + spread * 0.1,
    unit: unitOf(series),
    top,
  };
}

/** Where an instant lies from left to right. */
export function placeOf(at: number, { fromMs, toMs }: Pick<Axes, 'fromMs' | 'toMs'>): number {
  const share = (at - fromMs) / Math.max(1, toMs - fromMs);
  return rounded(frame.left + Math.min(1, Math.max(0, share)) * inner);
}

/** How far down a value lies. */
export function heightOf(value: number, { low, high, top }: Axes): number {
  const share = (value - low) / (high - low || 1);
  return rounded(top + frame.height - Math.min(1, Math.max(0, share)) * frame.height);
}

export function xTicks(axes: Axes, height: number): readonly Markup[] {
  const under = axes.top + height;
  return ticksOf(axes, 8).map(({ at, label }) => {
    const x = placeOf(at, axes);
    return markup`<path class="tick" d="M${x} ${axes.top}V${under + 4}"/><text x="${x}" y="${under + 17}" text-anchor="${anchorOf(x)}">${label}</text>`;
  });
}

export function yTicks(axes: Axes): readonly Markup[] {
  return roundValues(axes).map((value) => {
    const y = heightOf(value, axes);
    return markup`<path class="tick" d="M${frame.left} ${y}h${inner}"/><text x="${frame.left - 8}" y="${y + 4}" text-anchor="end">${formatQuantity(value, axes.unit)}</text>`;
  });
}

/** A label in the middle of its place would be cut off at the edge. */
export function anchorOf(x: number): 'start' | 'middle' | 'end' {
  if (x > frame.width - frame.right - 40) return 'end';
  return x < frame.left + 20 ? 'start' : 'middle';
}

export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
