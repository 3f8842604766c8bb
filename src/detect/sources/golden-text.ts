import { compilePattern } from '../../promql/matcher.ts';

/** What does not matter when two texts are compared. */
export interface Normalising {
  /** Lines in which one of these is found do not count. */
  readonly ignore: readonly string[];
  /** Both are JSON: spaces and the order of members do not count. */
  readonly json: boolean;
}

/** Characters of a line that are told. */
const mostShown = 60;

/** The lines of a text that count; null when it is to be JSON and is none. */
export function normalised(text: string, { ignore, json }: Normalising): readonly string[] | null {
  const whole = json ? sortedJson(text) : text;
  if (whole === null) return null;
  const patterns = ignore.map(compilePattern);
  const lines = whole.replace(/\r?\n$/, '').split(/\r?\n/);
  return lines.filter((line) => !patterns.some((pattern) => pattern.test(line)));
}

/** Where two texts differ first, in few words; null when they do not. */
export function firstDifference(right: readonly string[], seen: readonly string[]): string | null {
  const longest = Math.max(right.length, seen.length);
  for (let index = 0; index < longest; index += 1)
    if (right[index] !== seen[index])
      return `line ${index + 1}: ${shown(seen[index])}, expected ${shown(right[index])}`;
  return null;
}

function shown(line: string | undefined): string {
  if (line === undefined) return 'nothing';
  return JSON.stringify(line.length > mostShown ? `${line.slice(0, mostShown)}…` : line);
}

function sortedJson(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), (_, value: unknown) => sorted(value), 2);
  } catch {
    return null;
  }
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
