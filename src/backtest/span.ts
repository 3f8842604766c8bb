import { DAY, HOUR, MINUTE } from '../domain/time.ts';

/** What of the past is looked at, and how finely. Instants are epoch ms; both ends are included. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** A piece of the past that is asked for, replayed and forgotten as a whole: `[fromMs, toMs)`. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Prometheus refuses more points a series than this: https://prometheus.io/docs/prometheus/latest/querying/api/ */
export const mostPoints = 11_000;
/** Fewer make too many questions of a long history. */
const enoughPoints = 2_000;
const ladder = [
  MINUTE,
  10 * MINUTE,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  4 * DAY,
  7 * DAY,
  28 * DAY,
  364 * DAY,
];

/** How long a window is for this step: long enough to be worth a question, short enough to be answered. */
export function windowMsFor(stepMs: number): number {
  const fitting = ladder.filter((ms) => ms / stepMs <= mostPoints - 1);
  return fitting.find((ms) => ms / stepMs >= enoughPoints) ?? fitting.at(-1) ?? stepMs;
}

/**
 * The windows that cover a span, in order. They begin at multiples of their length, so that two backtests on two days
 * ask the same questions, and the second one finds the answers of the first.
 */
export function windowsOf({ fromMs, toMs, stepMs }: Span): readonly Window[] {
  const lengthMs = windowMsFor(stepMs);
  const windows: Window[] = [];
  for (let at = Math.floor(fromMs / lengthMs) * lengthMs; at <= toMs; at += lengthMs)
    windows.push({ fromMs: at, toMs: at + lengthMs });
  return windows;
}

/** Grid points of a step, multiples of it since the epoch. */
export interface Grid {
  readonly firstMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** The grid points of a step within `[fromMs, toMs)`. */
export function gridIn({ fromMs, toMs }: Window, stepMs: number): Grid {
  const firstMs = Math.ceil(fromMs / stepMs) * stepMs;
  return { firstMs, stepMs, count: Math.max(0, Math.ceil((toMs - firstMs) / stepMs)) };
}

/** The last grid point, one step before the first where there is none. */
export function lastOf({ firstMs, stepMs, count }: Grid): number {
  return firstMs + (count - 1) * stepMs;
}
