import type { Place } from '../../config/place.ts';
import { MINUTE } from '../../domain/time.ts';
import { readSeriesName } from '../../rehearse/series-name.ts';
import { readBy } from '../rule-tests/metrics-read.ts';
import type { Alert } from './read-alerts.ts';
import type { ImportedRule } from './to-pack.ts';
import { durationAt, listAt, noteAt, textAt, textsAt, writtenDuration, type Note } from './written.ts';

/** A file of tests to be, as YAML has it. */
export interface ImportedTests {
  readonly targets: Readonly<Record<string, { readonly labels: Readonly<Record<string, string>> }>>;
  readonly tests: readonly ImportedTest[];
}

export interface ImportedTest {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly expectations: readonly Carried[];
  readonly queries: readonly Carried[];
}

/** One line of `expect` or `promql`, and where it came from. */
export interface Carried {
  readonly body: Readonly<Record<string, unknown>>;
  readonly from: Note;
}

/** What tests are carried over against. */
export interface Carrying {
  readonly by: string;
  readonly rules: readonly ImportedRule[];
  readonly recorded: ReadonlySet<string>;
  readonly notes: Note[];
}

const testKeys = new Set(['name', 'interval', 'input_series', 'alert_rule_test', 'promql_expr_test']);

/** Carries a file of promtool's tests over: what fires becomes what is expected of the imported rules. */
export function toTests(place: Place, carrying: Carrying): ImportedTests {
  const everyMs = durationAt(place.at('evaluation_interval')) ?? MINUTE;
  const items = listAt(place.at('tests'));
  const read = items.map((item) => readSeriesOf(item, carrying));
  const targets = targetsOf(read.flat(), carrying.by);
  for (const key of ['group_eval_order', 'fuzzy_compare'])
    if (place.has(key)) carrying.notes.push(noteAt(place.at(key), `${key} has no counterpart`));
  const tests = items.map((item, index): ImportedTest => {
    for (const key of Object.keys(item.value as object))
      if (!testKeys.has(key))
        carrying.notes.push(noteAt(item.at(key), `${key} of a test has no counterpart`));
    const name = nameOf(items, item, index);
    return {
      name,
      body: {
        name,
        interval: writtenDuration(durationAt(item.at('interval')) ?? everyMs),
        series: read[index],
      },
      expectations: listAt(item.at('alert_rule_test')).flatMap((one) =>
        expectationsOf(one, { ...carrying, targets, series: seriesOf(item) }),
      ),
      queries: listAt(item.at('promql_expr_test')).flatMap((query) => queryOf(query, carrying)),
    };
  });
  return { targets, tests };
}

interface Series {
  readonly series: string;
  readonly values: string;
}

function seriesOf(item: Place): readonly Series[] {
  return listAt(item.at('input_series')).map((one) => ({
    series: textAt(one.at('series')) ?? '',
    values: textAt(one.at('values')) ?? '',
  }));
}

/** Without what only served alerts and recordings that stay in Prometheus. */
function readSeriesOf(item: Place, { rules, notes }: Carrying): readonly Series[] {
  const asked = listAt(item.at('promql_expr_test')).map((query) => textAt(query.at('expr')) ?? '');
  const isRead = readBy([...rules.flatMap(({ alerts }) => alerts.flatMap(queriesOfAlert)), ...asked]);
  const left = new Set<string>();
  const read = seriesOf(item).filter((one) => {
    const labels = readSeriesName(one.series);
    if ('problem' in labels || isRead(labels)) return true;
    left.add(labels['__name__'] ?? '{}');
    return false;
  });
  if (left.size > 0)
    notes.push(noteAt(item, `series that no rule and no query reads are left out: ${[...left].join(', ')}`));
  return read;
}

function queriesOfAlert({ split }: Alert): readonly string[] {
  return split.form === 'ratio' ? [split.bad, split.total] : [split.query];
}

/** Its own name where it has one that no other has. */
function nameOf(items: readonly Place[], item: Place, index: number): string {
  const written = textAt(item.at('name'))?.replaceAll(/\s+/g, ' ').trim().slice(0, 480) ?? '';
  const same = items.filter((other) => textAt(other.at('name')) === textAt(item.at('name')));
  if (written !== '' && same.length === 1) return written;
  return `${written === '' ? 'test' : written} ${index + 1}`;
}

/** A target for each value of the label in the series that tests write. */
function targetsOf(all: readonly Series[], by: string): ImportedTests['targets'] {
  const values = new Set<string>();
  for (const { series } of all) {
    const labels = readSeriesName(series);
    const value = 'problem' in labels ? undefined : labels[by];
    if (typeof value === 'string') values.add(value);
  }
  if (values.size === 0) return { backend: { labels: { [by]: 'backend' } } };
  const targets: Record<string, { labels: Record<string, string> }> = {};
  for (const value of values) {
    const plain =
      value
        .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
        .replaceAll(/^[-_]+|[-_]+$/g, '')
        .slice(0, 60) || 'target';
    const name = plain in targets ? `${plain}-${Object.keys(targets).length + 1}` : plain;
    targets[name] = { labels: { [by]: value } };
  }
  return targets;
}

interface Expecting extends Carrying {
  readonly targets: ImportedTests['targets'];
  readonly series: readonly Series[];
}

/** One `alert_rule_test`: the targets whose alert must fire at its instant, and those whose must not. */
function expectationsOf(place: Place, carrying: Expecting): readonly Carried[] {
  const name = textAt(place.at('alertname')) ?? '';
  const at = durationAt(place.at('eval_time'));
  const own = carrying.rules.filter((rule) => rule.alerts.some((alert) => alert.name === name));
  const refuse = (why: string): readonly Carried[] => {
    carrying.notes.push(noteAt(place, `the test of ${name} is not carried over: ${why}`));
    return [];
  };
  if (at === null) return refuse('its eval_time is not a duration');
  if (own.length === 0) return refuse('no such alert was imported; give the rule file as well');
  const missing = [...carrying.recorded].find(
    (record) =>
      own.some((rule) => reads(rule, record)) &&
      !carrying.series.some(({ series }) => series.startsWith(record)),
  );
  if (missing !== undefined)
    return refuse(`it needs the recording rule ${missing}, which stays in Prometheus`);
  const fires = listAt(place.at('exp_alerts')).map((alert) => textsAt(alert.at('exp_labels')));
  if (listAt(place.at('exp_alerts')).some((alert) => alert.has('exp_annotations')))
    carrying.notes.push(noteAt(place, 'annotations are not compared'));
  noteLabels(place, { fires, own, carrying });
  return own.flatMap((rule) => ofRule(rule, { at, fires, place, carrying }));
}

/** A rule has one reading for each target, whatever else its series were labelled with. */
function noteLabels(
  place: Place,
  asked: {
    readonly fires: readonly Readonly<Record<string, string>>[];
    readonly own: readonly ImportedRule[];
    readonly carrying: Expecting;
  },
): void {
  const { fires, own, carrying } = asked;
  const known = new Set([
    carrying.by,
    'severity',
    ...own.flatMap(({ alerts }) => alerts.flatMap(({ labels }) => Object.keys(labels))),
  ]);
  const others = new Set(fires.flatMap((labels) => Object.keys(labels)).filter((label) => !known.has(label)));
  if (others.size > 0)
    carrying.notes.push(
      noteAt(
        place,
        `${[...others].join(', ')} of the expected alerts: a rule tells apart targets, by ${carrying.by}`,
      ),
    );
}

function ofRule(
  rule: ImportedRule,
  asked: {
    readonly at: number;
    readonly fires: readonly Readonly<Record<string, string>>[];
    readonly place: Place;
    readonly carrying: Expecting;
  },
): readonly Carried[] {
  const { at, fires, place, carrying } = asked;
  const names = Object.keys(carrying.targets);
  return rule.alerts.flatMap((alert) =>
    names.flatMap((target): Carried[] => {
      const value = carrying.targets[target]?.labels[carrying.by];
      const firing = fires.some((labels) =>
        isMeant(labels, alert, { by: carrying.by, value, only: names.length === 1 }),
      );
      const phase = firing ? ['firing', 'recovering'] : ['clear', 'pending'];
      const body = { at: writtenDuration(at), rule: rule.name, target, level: alert.severity, phase };
      return [{ body, from: noteAt(place, '') }];
    }),
  );
}

/** Whether an expected alert is this one, of this target. */
function isMeant(
  labels: Readonly<Record<string, string>>,
  { labels: own }: Alert,
  { by, value, only }: { readonly by: string; readonly value: string | undefined; readonly only: boolean },
): boolean {
  const severity = labels['severity'];
  if (severity !== undefined && severity !== own['severity']) return false;
  return labels[by] === undefined ? only : labels[by] === value;
}

function reads({ body }: ImportedRule, metric: string): boolean {
  return JSON.stringify(body['prometheus']).includes(metric);
}

function queryOf(place: Place, { recorded, notes }: Carrying): readonly Carried[] {
  const query = textAt(place.at('expr'));
  const at = durationAt(place.at('eval_time'));
  const refuse = (why: string): readonly Carried[] => {
    notes.push(noteAt(place, `the test of an expression is not carried over: ${why}`));
    return [];
  };
  if (query === null || at === null) return refuse('it needs expr and eval_time');
  const missing = [...recorded].find((record) => query.includes(record));
  if (missing !== undefined)
    return refuse(`it needs the recording rule ${missing}, which stays in Prometheus`);
  if (/\bALERTS(_FOR_STATE)?\b/.test(query)) return refuse('only Prometheus has the series ALERTS');
  const samples = listAt(place.at('exp_samples'));
  if (samples.some((sample) => sample.has('histogram'))) return refuse('native histograms are not supported');
  const body = {
    query,
    at: writtenDuration(at),
    samples: samples.map((sample) => ({
      labels: textAt(sample.at('labels')) ?? '{}',
      value: Number(textAt(sample.at('value')) ?? Number.NaN),
    })),
  };
  return [{ body, from: noteAt(place, '') }];
}
