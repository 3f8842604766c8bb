import type { SeriesView } from '../../../domain/ports/daemon.ts';
import type { Severity } from '../../../domain/rule.ts';

/** As many as fit beside each other on a phone. */
const columns = 24;
const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const unread = '·';

/** Readings as a row of bars, and what the bars mean. */
export interface Sparkline {
  readonly bars: string;
  /** `▅ and higher is beyond the threshold`; empty when nothing has to be said. */
  readonly legend: string;
}

type Reading = SeriesView['readings'][number];

/**
 * The readings of a rule as a row of bars, oldest first. With a threshold, the lower four bars lie on its lower side and
 * the upper four on its upper side, so that the threshold is seen. Of several readings in a column the worst is shown; a
 * column in which nothing was read is a dot.
 *
 * @returns null when there is nothing to draw
 */
export function sparkline({ readings, levels }: SeriesView, severity: Severity): Sparkline | null {
  const level = levels.find((own) => own.severity === severity) ?? levels[0];
  const columnsOf = inColumns(readings);
  if (columnsOf.length < 2) return null;
  if (!readings.some(isNumber)) return probes(columnsOf);
  return values(columnsOf, sideOf(level?.condition ?? ''), level?.threshold ?? null);
}

function probes(columnsOf: readonly (readonly Reading[])[]): Sparkline | null {
  const row = columnsOf.map((column) => {
    if (column.some(({ verdict }) => verdict === 'failed')) return '█';
    return column.some(({ verdict }) => verdict === 'passed') ? '▁' : unread;
  });
  if (row.every((bar) => bar === unread)) return null;
  return { bars: row.join(''), legend: row.includes('█') ? '█ failed' : '' };
}

interface Side {
  /** Higher values are worse. */
  readonly up: boolean;
  /** The threshold itself counts as beyond it. */
  readonly inclusive: boolean;
}

/** Conditions begin with the words of a comparison, where they have one. */
function sideOf(condition: string): Side {
  const up = !/^(?:below|at most)\b/.test(condition);
  return { up, inclusive: /^at (?:least|most)\b/.test(condition) };
}

function values(columnsOf: readonly (readonly Reading[])[], side: Side, threshold: number | null): Sparkline {
  const worst = columnsOf.map((column) => worstOf(column, side.up));
  const known = worst.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const drawn = threshold !== null && Number.isFinite(threshold) ? threshold : null;
  const place = drawn === null ? evenly(least, most) : aroundThreshold(least, most, drawn, side);
  const row = worst.map((value) => (value === null ? unread : (bars[place(value)] ?? unread)));
  return { bars: row.join(''), legend: drawn === null ? '' : legendOf(side) };
}

function legendOf({ up }: Side): string {
  return up ? '▅ and higher: beyond the threshold' : '▄ and lower: beyond the threshold';
}

function evenly(least: number, most: number): (value: number) => number {
  return (value) => (most === least ? 3 : Math.round(7 * share(value, least, most)));
}

function aroundThreshold(
  least: number,
  most: number,
  threshold: number,
  { up, inclusive }: Side,
): (value: number) => number {
  const isUpper = (value: number): boolean => (up === inclusive ? value >= threshold : value > threshold);
  return (value) =>
    isUpper(value)
      ? 4 + Math.round(3 * share(value, threshold, most))
      : Math.round(3 * share(value, Math.min(least, threshold), threshold));
}

/** Where a value lies between two others, from 0 to 1; the difference of huge values is no number. */
function share(value: number, from: number, to: number): number {
  const part = value / 2 - from / 2;
  const whole = to / 2 - from / 2;
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
}

function worstOf(column: readonly Reading[], up: boolean): number | null {
  const known = column.filter(isNumber).map(({ value }) => value);
  if (known.length === 0) return null;
  return up ? Math.max(...known) : Math.min(...known);
}

function isNumber(reading: Reading): reading is Reading & { readonly value: number } {
  return reading.value !== null && Number.isFinite(reading.value);
}

/** Neighbours together, as evenly as it goes; no column is empty. */
function inColumns(readings: readonly Reading[]): readonly (readonly Reading[])[] {
  const count = Math.min(columns, readings.length);
  return Array.from({ length: count }, (_, index) =>
    readings.slice(
      Math.floor((index * readings.length) / count),
      Math.floor(((index + 1) * readings.length) / count),
    ),
  );
}
