import { basename } from 'node:path';
import type { Problem } from '../../domain/configuration.ts';
import type { Surroundings } from '../connections.ts';
import { readAlerts, type Alert, type Understanding } from './read-alerts.ts';
import { rulesText, testsText } from './texts.ts';
import { toRules } from './to-pack.ts';
import { toTests } from './to-tests.ts';
import { proven } from './prove-tests.ts';
import { openForeign, type Note } from './written.ts';
import type { Place } from '../../config/place.ts';

export interface ImportOptions extends Surroundings, Understanding {
  readonly files: readonly string[];
}

/** What was made of Prometheus' files. */
export interface Imported {
  /** `rules.yaml` of a pack. */
  readonly rules: string;
  /** Files of tests beside it, by name. */
  readonly tests: Readonly<Record<string, string>>;
  /** What was not carried over as it was, by file and line. */
  readonly notes: readonly Note[];
  /** What is wrong with the files; nothing is made of a file with problems. */
  readonly problems: readonly Problem[];
  readonly counts: { readonly alerts: number; readonly rules: number; readonly tests: number };
}

/**
 * Makes a pack of Prometheus' own files: alerting rules become rules, promtool's tests of them tests. Tests are run
 * against the rules at once; where the two differ in what they mean, that is a note, and the test goes without it.
 */
export async function importPrometheus(options: ImportOptions): Promise<Imported> {
  const problems: Problem[] = [];
  const notes: Note[] = [];
  const opened = await openAll(options.files, problems);
  const alerts: Alert[] = [];
  const recorded = new Set<string>();
  for (const { place } of opened.filter(({ kind }) => kind === 'rules')) {
    const read = readAlerts(place, options, { notes, problems });
    alerts.push(...read.alerts);
    for (const record of read.recorded) recorded.add(record);
  }
  const rules = toRules(alerts);
  const rulesFile = rulesText(rules);
  const tests: Record<string, string> = {};
  let count = 0;
  for (const { place, file } of opened.filter(({ kind }) => kind === 'tests')) {
    const carried = toTests(place, { by: options.by, rules, recorded, notes });
    const kept = await proven(carried, { rules: rulesFile, notes, file, surroundings: options });
    if (kept.tests.length === 0) continue;
    tests[nameOf(file, tests)] = testsText(kept, file);
    count += kept.tests.length;
  }
  return {
    rules: rulesFile,
    tests,
    notes: distinct(notes),
    problems,
    counts: { alerts: alerts.length, rules: rules.length, tests: count },
  };
}

interface Opened {
  readonly kind: 'rules' | 'tests';
  readonly file: string;
  readonly place: Place;
}

async function openAll(files: readonly string[], problems: Problem[]): Promise<readonly Opened[]> {
  const opened: Opened[] = [];
  for (const file of files) {
    const place = await openForeign(file, problems);
    if (place === null) continue;
    if (place.has('groups')) opened.push({ kind: 'rules', file, place });
    else if (place.has('tests')) opened.push({ kind: 'tests', file, place });
    else place.problem('holds neither groups: of rules nor tests: of promtool');
  }
  return opened;
}

function nameOf(file: string, taken: Readonly<Record<string, string>>): string {
  const plain = basename(file).replace(/\.(test\.)?ya?ml$/, '');
  for (let number = 1; ; number++) {
    const name = `${plain}${number === 1 ? '' : `-${number}`}.yaml`;
    if (!(name in taken)) return name;
  }
}

function distinct(notes: readonly Note[]): readonly Note[] {
  const known = new Map(notes.map((note) => [`${note.file}:${note.line} ${note.message}`, note]));
  return [...known.values()].toSorted((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line,
  );
}
