import { keyOf, type Answered, type Row, type Unanswered } from '../../backtest/answered.ts';
import type { Stretch } from '../../backtest/history.ts';
import {
  errorKind,
  insufficientKind,
  noDataKind,
  passedKind,
  valueKind,
  type Column,
} from '../../backtest/readings.ts';
import { gridIn, type Grid } from '../../backtest/span.ts';
import { seriesMap, type SeriesMap } from '../../detect/sources/series-map.ts';
import type { Subject } from '../../domain/target.ts';
import { SECOND } from '../../domain/time.ts';
import type { PromqlSignal } from '../../detect/sources/promql-options.ts';
import type { Replayed } from './questions.ts';

/**
 * What a rule read of each of its subjects in one window, by the same rules as the source for PromQL, but slot after
 * slot over whole columns of numbers: a month of readings is a moment. A test holds the two together.
 */
export function columnsOf(
  { rule, subjects, questions }: Pick<Replayed, 'rule' | 'subjects' | 'questions'>,
  signal: PromqlSignal,
  stretch: Stretch,
): ReadonlyMap<string, Column> {
  const grid = gridIn(stretch.window, rule.everyMs);
  const answers = questions.map((question) => stretch.answers.get(keyOf(question)) ?? notAsked);
  const problem = answers.flatMap(problemsOf)[0] ?? null;
  if (problem !== null) return new Map(subjects.map(({ name }) => [name, unreadable(grid, problem)]));
  const map = seriesMap(subjects);
  const spread = answers.map((answer) => new Spread(answer as Answered, subjects, map));
  const ages = signal.fresh === null ? null : (spread.at(-1) ?? null);
  const maxAgeMs = signal.fresh?.maxAgeMs ?? 0;
  const columns = subjects.map(() => emptyColumn(grid));
  for (let slot = 0; slot < grid.count; slot++) {
    for (const one of spread) one.look(slot);
    for (let place = 0; place < subjects.length; place++) {
      const column = columns[place];
      if (column === undefined) continue;
      const stale = ages !== null && !(ages.youngest(place) <= maxAgeMs);
      see(column, slot, { signal, spread, place, stale });
    }
  }
  return new Map(subjects.map(({ name }, place) => [name, columns[place] ?? emptyColumn(grid)]));
}

const notAsked: Unanswered = { problem: 'the history holds no answer' };

type Mutable = { -readonly [Key in keyof Column]: Column[Key] };

function emptyColumn(grid: Grid): Mutable {
  return { grid, kinds: new Uint8Array(grid.count), values: new Float64Array(grid.count), trouble: null };
}

function unreadable(grid: Grid, trouble: string): Column {
  const column = emptyColumn(grid);
  column.kinds.fill(errorKind);
  return { ...column, trouble };
}

function problemsOf(answer: Answered | Unanswered): readonly string[] {
  if ('problem' in answer) return [answer.problem];
  return answer.warnings.length === 0 ? [] : [`the answer came with warnings: ${answer.warnings.join('; ')}`];
}

interface Seeing {
  readonly signal: PromqlSignal;
  readonly spread: readonly Spread[];
  readonly place: number;
  readonly stale: boolean;
}

function see(column: Mutable, slot: number, { signal, spread, place, stale }: Seeing): void {
  const [main, second] = spread;
  if (main === undefined) return;
  const total = 'query' in signal.ask ? null : (second ?? null);
  if (main.mixed || total?.mixed === true)
    return mark(column, slot, errorKind, 'the query returned one series without labels for several targets');
  if (stale) return mark(column, slot, noDataKind, 'the samples are missing or too old');
  if (total === null || 'query' in signal.ask) return seeValue(column, slot, main, place, signal.emptyIsOk);
  seeRatio(column, slot, { bad: main, total, place, min: signal.ask.min });
}

function seeValue(column: Mutable, slot: number, main: Spread, place: number, emptyIsOk: boolean): void {
  const count = main.counts[place] ?? 0;
  if (count === 0)
    return emptyIsOk ? mark(column, slot, passedKind, null) : mark(column, slot, noDataKind, 'no series');
  put(column, slot, main.cells[place] ?? Number.NaN, count);
}

function seeRatio(
  column: Mutable,
  slot: number,
  { bad, total, place, min }: { bad: Spread; total: Spread; place: number; min: number },
): void {
  const counted = total.counts[place] ?? 0;
  if (counted === 0) return mark(column, slot, noDataKind, 'no series of `total`');
  const of = total.cells[place] ?? Number.NaN;
  const badCount = bad.counts[place] ?? 0;
  const part = badCount === 0 ? 0 : (bad.cells[place] ?? Number.NaN);
  const odd = oddOf(of, counted) ?? oddOf(part, Math.max(1, badCount));
  if (odd !== null) return mark(column, slot, odd, odd === errorKind ? several : 'the value is not a number');
  if (of < min || of <= 0) return mark(column, slot, insufficientKind, null);
  put(column, slot, part / of, 1);
}

const several = 'several series; aggregate to one for each target';

function put(column: Mutable, slot: number, value: number, count: number): void {
  const odd = oddOf(value, count);
  if (odd !== null) return mark(column, slot, odd, odd === errorKind ? several : 'the value is not a number');
  column.kinds[slot] = valueKind;
  column.values[slot] = value;
}

function oddOf(value: number, count: number): number | null {
  if (count > 1) return errorKind;
  return Number.isFinite(value) ? null : noDataKind;
}

function mark(column: Mutable, slot: number, kind: number, trouble: string | null): void {
  column.kinds[slot] = kind;
  column.trouble ??= trouble;
}

/** One answer spread over the subjects, one slot at a time. */
class Spread {
  /** By the place of the subject: its value, and how many series it has. */
  readonly cells: Float64Array;
  readonly counts: Uint8Array;
  /** One value for several targets: nobody can tell whose it is. */
  mixed = false;
  readonly #answer: Answered;
  /** Of each series: places of the subjects whose labels it carries. */
  readonly #places: readonly (readonly number[])[];
  /** Of each series: which subjects' label names it carries. */
  readonly #speaks: readonly (readonly boolean[])[];
  readonly #bare: readonly boolean[];
  readonly #ofHosts: boolean;
  readonly #mixes: boolean;
  #slot = 0;

  constructor(answer: Answered, subjects: readonly Subject[], map: SeriesMap) {
    const placeOf = new Map(subjects.map(({ name }, place) => [name, place]));
    this.cells = new Float64Array(subjects.length);
    this.counts = new Uint8Array(subjects.length);
    this.#answer = answer;
    this.#places = answer.rows.map(({ labels }) => map.find(labels).map((name) => placeOf.get(name) ?? 0));
    this.#speaks = answer.rows.map(({ labels }) => subjects.map((subject) => map.speaksOf(labels, subject)));
    this.#bare = answer.rows.map(({ labels }) => Object.keys(labels).every((name) => name === '__name__'));
    this.#ofHosts = subjects.every(({ target }) => target === null);
    this.#mixes = subjects.length > 1 && !this.#ofHosts;
  }

  look(slot: number): void {
    this.#slot = slot;
    this.counts.fill(0);
    this.mixed = false;
    const { rows } = this.#answer;
    let present = 0;
    let only = 0;
    for (let index = 0; index < rows.length; index++) {
      if (rows[index]?.present[slot] !== 1) continue;
      present += 1;
      only = index;
      if (!this.#ofHosts) for (const place of this.#places[index] ?? []) this.#put(place, rows[index], slot);
    }
    if (this.#ofHosts && present > 1) return void this.counts.fill(2);
    if (present !== 1 || !(this.#ofHosts || this.#bare[only] === true)) return;
    this.mixed = this.#mixes;
    this.counts.fill(0);
    for (let place = 0; place < this.counts.length; place++) this.#put(place, rows[only], slot);
  }

  /** In ms: of the subject's own series where any carries the names of its labels, else of all. Infinite without one. */
  youngest(place: number): number {
    const { rows } = this.#answer;
    let [own, overall, labelled] = [Infinity, Infinity, false];
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index];
      if (row?.present[this.#slot] !== 1) continue;
      labelled ||= this.#speaks[index]?.[place] === true;
      const ageMs = (row.values[this.#slot] ?? Number.NaN) * SECOND;
      if (!Number.isFinite(ageMs)) continue;
      overall = Math.min(overall, ageMs);
      if (this.#places[index]?.includes(place) === true) own = Math.min(own, ageMs);
    }
    return labelled ? own : overall;
  }

  #put(place: number, row: Row | undefined, slot: number): void {
    this.counts[place] = Math.min(2, (this.counts[place] ?? 0) + 1);
    this.cells[place] = row?.values[slot] ?? Number.NaN;
  }
}
