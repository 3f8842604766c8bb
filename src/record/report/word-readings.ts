import { counted } from './course.ts';
import type { Plot } from './document.ts';

/** How many readings there are, from when to when, and how many of them said nothing. */
export function wordReadings({ series: { readings } }: Plot): string {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined) return 'No readings.';
  const unknown = readings.filter(({ verdict }) => verdict === 'unknown').length;
  const blind = unknown === 0 ? '' : `, ${unknown} of them unknown`;
  return `${counted(readings.length, 'reading')}${blind}, ${at(first.at)} to ${at(last.at)} UTC.`;
}

function at(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
