import { DAY, HOUR, MINUTE, SECOND } from './time.ts';

/** What stands at the edges of a picture over time. Everything is UTC: pictures are read in several time zones. */

/** `2026-11-01 12:05`, in UTC. */
export function minuteOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** Where an axis is labelled, and how: at most `most` instants, at whole days, hours, minutes or seconds. */
export function ticksOf(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  most: number,
): readonly { readonly at: number; readonly label: string }[] {
  const steps = [
    ...[1, 5, 10, 30].map((n) => n * SECOND),
    ...[1, 5, 10, 30].map((n) => n * MINUTE),
    ...[1, 2, 6, 12].map((n) => n * HOUR),
    ...[1, 2, 7, 14, 28, 91, 364].map((n) => n * DAY),
  ];
  const step = steps.find((ms) => (toMs - fromMs) / ms <= most) ?? 364 * DAY;
  const ticks: { at: number; label: string }[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step)
    ticks.push({ at, label: labelOf(at, step, fromMs) });
  return ticks;
}

/** Three to six round numbers between two ends, for an axis of values. */
export function roundValues({
  low,
  high,
}: {
  readonly low: number;
  readonly high: number;
}): readonly number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const values: number[] = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step)
    values.push(Number(value.toPrecision(12)));
  return values;
}

function labelOf(at: number, step: number, fromMs: number): string {
  if (step < MINUTE) return new Date(at).toISOString().slice(11, 19);
  return step >= DAY ? dayOf(at) : timeOf(at, fromMs);
}

function dayOf(at: number): string {
  return new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

/** Midnight is named by its day. */
function timeOf(at: number, fromMs: number): string {
  return at % DAY === 0 && at > fromMs ? dayOf(at) : new Date(at).toISOString().slice(11, 16);
}
