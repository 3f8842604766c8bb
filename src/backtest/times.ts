import { DAY, HOUR, MINUTE } from '../domain/time.ts';

/** `2026-11-01 12:05`, in UTC: a backtest is read in several time zones. */
export function minuteOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** Where an axis is labelled, and how: at most `most` instants, at whole days, hours or minutes. */
export function ticksOf(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  most: number,
): readonly { readonly at: number; readonly label: string }[] {
  const steps = [
    ...[1, 5, 10, 30].map((n) => n * MINUTE),
    ...[1, 2, 6, 12].map((n) => n * HOUR),
    ...[1, 2, 7, 14, 28, 91, 364].map((n) => n * DAY),
  ];
  const step = steps.find((ms) => (toMs - fromMs) / ms <= most) ?? 364 * DAY;
  const ticks: { at: number; label: string }[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step)
    ticks.push({ at, label: step >= DAY ? dayOf(at) : timeOf(at, fromMs) });
  return ticks;
}

function dayOf(at: number): string {
  return new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

/** Midnight is named by its day. */
function timeOf(at: number, fromMs: number): string {
  return at % DAY === 0 && at > fromMs ? dayOf(at) : new Date(at).toISOString().slice(11, 16);
}
