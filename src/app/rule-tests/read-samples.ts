import { z } from 'zod';
import type { Place } from '../../config/place.ts';
import { unknownWord } from '../../config/suggest.ts';
import { isComposed, partsOf, type Part } from '../../domain/composition.ts';
import type { Labels } from '../../domain/labels.ts';
import type { Configuration } from '../../domain/configuration.ts';
import type { Rule } from '../../domain/rule.ts';
import { subjectsOf } from '../../domain/subjects.ts';
import { readReadings, type WrittenReading } from '../../rehearse/reading-notation.ts';
import type { RuleTest } from '../../rehearse/rule-test.ts';
import { wordSeries } from '../../rehearse/series-name.ts';
import { readSeriesValues } from '../../rehearse/series-notation.ts';
import { labelsAt, ruleAt, unflawed } from './names.ts';

const written = z.union([z.string(), z.number()]);

/** No file holds more samples and readings, of all its tests: they are all kept while the tests run. */
const mostInAll = 2_000_000;

/** Counts what a file writes, and lets nothing more be read once that is too much. */
export class Allowance {
  #left = mostInAll;

  /** What is written at a place, unless the file has written too much before it; null after a problem. */
  spend<T extends { readonly length: number }>(place: Place, read: () => T | null): T | null {
    if (this.#left < 0) return null;
    const items = read();
    this.#left -= items?.length ?? 0;
    if (this.#left >= 0) return items;
    place.problem(`more than ${mostInAll} samples and readings in one file`);
    return null;
  }
}

/** `series:`, in promtool's notation. With a misspelt metric, a test of what never comes would pass. */
export function readSeries(
  place: Place,
  allowance: Allowance,
  isRead: (series: Labels) => boolean,
): RuleTest['series'] {
  const known = new Set<string>();
  return place.items('series').flatMap((item) => {
    const fields = item.fields({ series: z.string(), values: written });
    const labels = fields.series === undefined ? null : labelsAt(item.at('series'), fields.series);
    const values = item.at('values');
    // To YAML `0x40` is a number; here it is 0, and forty more.
    const notation = values.source() ?? String(fields.values);
    const samples =
      fields.values === undefined
        ? null
        : allowance.spend(values, () => unflawed(values, readSeriesValues(notation)));
    if (labels === null || samples === null) return [];
    const name = wordSeries(labels);
    if (known.has(name)) item.at('series').problem('this series is written already');
    else if (!isRead(labels)) item.at('series').problem('no rule and no query reads a metric of this name');
    known.add(name);
    return [{ labels, samples }];
  });
}

/**
 * `readings:`, what rules that ask no PromQL read: by rule, for all its targets, or by rule and target. The first is
 * that of 0s, the next that of one `every` later. Signals of a rule that reads several are named `RULE.KIND`, or
 * `RULE.KIND-2` for the second of a kind.
 */
export function readReadingsOf(
  place: Place,
  configuration: Configuration,
  allowance: Allowance,
): RuleTest['readings'] {
  const readings = new Map<string, ReadonlyMap<string, readonly WrittenReading[]>>();
  for (const [written, at] of place.entries('readings by rule')) {
    const [name = '', word] = written.split('.');
    const rule = ruleAt(at, name, configuration.rules, 'key');
    const signal = rule === null ? null : signalAt(at, rule, word);
    if (rule === null || signal === null) continue;
    if (isPromql(signal.part)) {
      at.problem(`${rule.id} asks PromQL; write the series that it reads under series:`, 'key');
      continue;
    }
    const probes = isProbe(rule, signal);
    readings.set(signal.name, readingsOf(at, { rule, probes, targets: configuration.targets, allowance }));
  }
  return readings;
}

interface SignalOf {
  /** As `readings` of a test name it. */
  readonly name: string;
  readonly part: Part;
  readonly index: number | null;
}

/** The signals of a rule that a test may write readings for, by the word after the dot; one alone has none. */
export function signalsOf(rule: Rule): ReadonlyMap<string | undefined, SignalOf> {
  const parts = partsOf(rule);
  if (!isComposed(rule.source.kind))
    return new Map(parts.map((part) => [undefined, { name: rule.id, part, index: null }]));
  const seen = new Map<string, number>();
  return new Map(
    parts.map((part, index) => {
      const { kind } = part.source;
      const count = (seen.get(kind) ?? 0) + 1;
      seen.set(kind, count);
      const word = count === 1 ? kind : `${kind}-${count}`;
      return [word, { name: `${rule.id}.${word}`, part, index }];
    }),
  );
}

function signalAt(place: Place, rule: Rule, word: string | undefined): SignalOf | null {
  const signals = signalsOf(rule);
  const signal = signals.get(word);
  if (signal !== undefined) return signal;
  const known = [...signals.keys()].map((key) => (key === undefined ? rule.name : `${rule.name}.${key}`));
  place.problem(`${rule.id} reads ${known.join(', ')}`, 'key');
  return null;
}

function isPromql({ source }: Part): boolean {
  return source.kind === 'prometheus' || source.kind === 'scrape';
}

function isProbe({ levels }: Rule, { part, index }: SignalOf): boolean {
  return index === null
    ? levels.some(({ condition }) => 'failures' in condition)
    : part.comparison === undefined;
}

interface Reads {
  readonly rule: Rule;
  readonly probes: boolean;
  readonly targets: Configuration['targets'];
  readonly allowance: Allowance;
}

function readingsOf(place: Place, reads: Reads): ReadonlyMap<string, readonly WrittenReading[]> {
  const { rule, targets } = reads;
  const subjects = subjectsOf(rule, targets).map(({ name }) => name);
  if (place.value === null || typeof place.value !== 'object') {
    const items = itemsAt(place, reads);
    return new Map(subjects.map((subject) => [subject, items]));
  }
  const entries = place.entries(`readings by target: ${subjects.join(', ')}`).map(([subject, at]) => {
    if (!subjects.includes(subject))
      at.problem(unknownWord(`${rule.id} does not read`, subject, subjects), 'key');
    return [subject, itemsAt(at, reads)] as const;
  });
  return new Map(entries);
}

/** A measure that passed is ok, too, as an empty answer may be; a probe measures nothing. */
function itemsAt(place: Place, { rule, probes, allowance }: Reads): readonly WrittenReading[] {
  const text = place.read(written);
  const notation = place.source() ?? String(text);
  const items =
    text === undefined ? null : allowance.spend(place, () => unflawed(place, readReadings(notation)));
  if (probes && items?.some(({ kind }) => kind === 'value') === true)
    place.problem(`${rule.id} passes or fails; write pass and fail`);
  return items ?? [];
}
