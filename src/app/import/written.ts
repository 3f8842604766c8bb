import { openDocument } from '../../config/open-document.ts';
import { readTextFile } from '../../config/read-text.ts';
import type { Findings, Place } from '../../config/place.ts';
import type { Problem } from '../../domain/configuration.ts';
import { DAY, parseDuration } from '../../domain/time.ts';

/** Something that was not carried over as it was, and where it stands. */
export interface Note {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Reads a file of Prometheus; null after problems. */
export async function openForeign(file: string, problems: Problem[]): Promise<Place | null> {
  const findings: Findings = { problems, warnings: [] };
  const opened = await openDocument(file, { readFile: readTextFile, findings });
  if (opened !== 'missing') return opened;
  problems.push({ file, line: 1, column: 1, path: '', message: 'cannot be read: there is no such file' });
  return null;
}

/** A note about what stands at a place. */
export function noteAt(place: Place, message: string): Note {
  const { line } = place.document.position(place.path, 'key');
  return { file: place.document.file, line, message };
}

/** Text at a place, or null. Numbers and truth values are taken as they are written. */
export function textAt(place: Place): string | null {
  const { value } = place;
  if (typeof value === 'number' || typeof value === 'boolean') return place.source() ?? String(value);
  return typeof value === 'string' ? value : null;
}

/** A map of texts at a place; anything else in it is left out. */
export function textsAt(place: Place): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  if (place.value === null || typeof place.value !== 'object' || Array.isArray(place.value)) return texts;
  for (const key of Object.keys(place.value)) {
    const text = textAt(place.at(key));
    if (text !== null) texts[key] = text;
  }
  return texts;
}

/** The items of a list at a place; none when it is no list. */
export function listAt(place: Place): readonly Place[] {
  return Array.isArray(place.value) ? place.value.map((_, index) => place.at(index)) : [];
}

/** A duration of Prometheus, which has weeks and years, in ms; null when it is none. */
export function durationAt(place: Place): number | null {
  const text = textAt(place);
  if (text === null) return null;
  if (text === '0') return 0;
  const [, years = '0', weeks = '0', rest = ''] = /^(?:(\d+)y)?(?:(\d+)w)?(.*)$/.exec(text) ?? [];
  const long = (Number(years) * 365 + Number(weeks) * 7) * DAY;
  if (rest === '') return long === 0 ? null : long;
  const ms = parseDuration(rest);
  return ms === null ? null : long + ms;
}

/** Exactly this duration, as a rule has it: `1h30m`, `90s` where nothing longer fits. */
export function writtenDuration(ms: number): string {
  if (ms === 0) return '0s';
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ] as const;
  let rest = ms;
  let text = '';
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}
