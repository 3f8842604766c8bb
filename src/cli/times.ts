import { formatDuration, SECOND } from '../domain/time.ts';

/** Local `12:00:05`; with the date in front when it is not the day of `now`. */
export function clockTime(at: number, now: number): string {
  const time = timeOfDay(at);
  return day(at) === day(now) ? time : `${day(at)} ${time}`;
}

/** `12:00:05 (2m ago)`, `12:15:00 (in 13m)`. */
export function timeAndDistance(at: number, now: number): string {
  return `${clockTime(at, now)} (${distance(at, now)})`;
}

/** `2m ago`, `in 13m`, `now`. */
export function distance(at: number, now: number): string {
  const ms = Math.round((now - at) / SECOND) * SECOND;
  if (ms === 0) return 'now';
  return ms > 0 ? `${formatDuration(ms)} ago` : `in ${formatDuration(-ms)}`;
}

/** A duration, or a dash where there is none. */
export function durationOrDash(ms: number | null): string {
  return ms === null ? '-' : formatDuration(ms);
}

function timeOfDay(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

function day(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function two(part: number): string {
  return String(part).padStart(2, '0');
}
