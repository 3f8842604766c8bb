import { parseDocument } from 'yaml';
import { RollbackError } from '../domain/errors.ts';

/** A release that began to run on a target. */
export interface Deploy {
  readonly at: number;
  readonly target: string;
  /** What people call it. */
  readonly release: string;
  /** true: known to be bad; false: known to be fine; null: nobody said. */
  readonly bad: boolean | null;
}

interface Written {
  readonly line: number;
  readonly time: unknown;
  readonly target: unknown;
  readonly release: unknown;
  readonly bad: unknown;
}

/** `2026-01-05T12:00:00Z`, `2026-01-05 12:00:00+01:00`: without a zone nobody knows when it was. */
const instant = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s?(Z|[+-]\d\d:?\d\d)$/i;
const names = ['time', 'target', 'release', 'bad'] as const;

/**
 * Deployments as people list them: CSV with a header `time,target,release,bad`, or YAML, a list of such entries, on its
 * own or under `deploys`. `bad` may be left out. Oldest first.
 *
 * @param name of the file, for messages
 * @throws RollbackError `CONFIG_INVALID` with every line that cannot be read
 */
export function readDeploys(text: string, name: string): readonly Deploy[] {
  const problems: string[] = [];
  const written = /\.csv$/i.test(name) ? fromCsv(text, name) : fromYaml(text, name);
  const deploys = written.flatMap((entry) => {
    const deploy = understood(entry);
    if (typeof deploy !== 'string') return [deploy];
    problems.push(`${name}:${entry.line}: ${deploy}`);
    return [];
  });
  if (problems.length > 0) throw new RollbackError('CONFIG_INVALID', problems.join('\n'));
  return deploys.toSorted((a, b) => a.at - b.at);
}

function understood({ time, target, release, bad }: Written): Deploy | string {
  const at = typeof time === 'string' && instant.test(time) ? Date.parse(time.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(at))
    return `time: expected an instant with its zone such as 2026-01-05T12:00:00Z, got ${shown(time)}`;
  if (typeof target !== 'string' || target === '') return 'target: expected the name of a target';
  if (typeof release !== 'string' && typeof release !== 'number')
    return 'release: expected what people call it';
  if (release === '') return 'release: expected what people call it';
  const words = { '': null, true: true, yes: true, bad: true, false: false, no: false, good: false } as const;
  const word = wordOf(bad).trim().toLowerCase();
  if (!Object.hasOwn(words, word)) return `bad: expected true, false or nothing, got ${shown(bad)}`;
  return { at, target, release: String(release), bad: words[word as keyof typeof words] };
}

function fromCsv(text: string, name: string): readonly Written[] {
  const [header = '', ...lines] = text.split(/\r?\n/);
  const columns = header.split(',').map((column) => column.trim().toLowerCase());
  const missing = names.slice(0, 3).filter((column) => !columns.includes(column));
  if (missing.length > 0)
    throw new RollbackError(
      'CONFIG_INVALID',
      `${name}:1: expected a header with time,target,release and perhaps bad; ${missing.join(', ')} missing`,
    );
  return lines.flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const cells = line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    const cell = (column: string): string | undefined => cells[columns.indexOf(column)];
    const [time, target, release, bad] = names.map(cell);
    return [{ line: index + 2, time, target, release, bad }];
  });
}

function fromYaml(text: string, name: string): readonly Written[] {
  // Dates stay text: as dates they would have lost their zone.
  const document = parseDocument(text, { schema: 'core' });
  const [error] = document.errors;
  if (error !== undefined)
    throw new RollbackError('CONFIG_INVALID', `${name}:${error.linePos?.[0].line ?? 1}: ${error.message}`);
  const whole: unknown = document.toJS({ maxAliasCount: 100 });
  const list = Array.isArray(whole) ? whole : (whole as { deploys?: unknown } | null)?.deploys;
  if (!Array.isArray(list))
    throw new RollbackError(
      'CONFIG_INVALID',
      `${name}:1: expected a list of deploys, each with time, target and release`,
    );
  const lines = linesOf(document.contents, text);
  return list.map((entry: unknown, index) => {
    const { time, target, release, bad } = (entry ?? {}) as Partial<Written>;
    return { line: lines[index] ?? 1, time, target, release, bad };
  });
}

/** The line of each entry. */
function linesOf(contents: unknown, text: string): readonly number[] {
  const { items } = contents as { items?: readonly unknown[] };
  const [first] = items ?? [];
  const nested = (first as { value?: { items?: readonly unknown[] } } | undefined)?.value?.items;
  return (nested ?? items ?? []).map((item) => {
    const start = (item as { range?: readonly number[] }).range?.[0] ?? 0;
    return text.slice(0, start).split('\n').length;
  });
}

function wordOf(what: unknown): string {
  if (what === undefined || what === null) return '';
  return typeof what === 'string' ? what : JSON.stringify(what);
}

function shown(what: unknown): string {
  return wordOf(what) === '' ? 'nothing' : wordOf(what).slice(0, 60);
}
