import { keyOf } from '../../backtest/answered.ts';
import type { Stretch } from '../../backtest/history.ts';
import { kinds, passedKind, valueKind, type Column } from '../../backtest/readings.ts';
import type { Span } from '../../backtest/span.ts';
import { Track, type Folding } from '../../backtest/track.ts';
import type { Signal } from '../../detect/signal.ts';
import { signalOf } from '../../detect/wire.ts';
import { holds } from '../../domain/comparison.ts';
import { breaches } from '../../domain/condition.ts';
import type { Sources } from '../../domain/ports/source.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Comparison } from '../../domain/rule.ts';
import { columnsOf } from './columns.ts';
import type { Replayed } from './questions.ts';

/** Slots that are read with all care after one that was not fine. */
const carefulSlots = 5;

/** What the daemon would have read at a slot, by subject. */
type Readings = ReadonlyMap<string, Reading>;

/**
 * One rule on its way through the past.
 *
 * Slots at which everything is fine, nearly all of them, are read off columns of numbers. All others, and those right
 * after them, are read by the daemon's own source, which asks whoever knows the past: what decides anything was read as
 * the daemon reads it.
 */
export class ReplayLane {
  readonly replayed: Replayed;
  readonly tracks: readonly Track[];
  /** Infinite once it has been dropped. */
  nextAt: number;
  /** Why it is not replayed: a question of it was refused, or nobody recorded the answers. */
  dropped: string | null = null;
  readonly #signal: Signal | null;
  #columns: ReadonlyMap<string, Column> = new Map();
  /** Of all levels. */
  readonly #comparisons: readonly Comparison[];
  /** What is counted in a share of the last readings needs every one of them. */
  readonly #skippable: boolean;
  #careful = carefulSlots;
  #entered = false;

  constructor(
    replayed: Replayed,
    around: {
      readonly span: Span;
      /** Over the past, at the clock of the replay. */
      readonly sources: Sources;
      readonly folding: Folding;
    },
  ) {
    const { rule, subjects } = replayed;
    const { span, sources, folding } = around;
    this.replayed = replayed;
    this.nextAt = Math.ceil(span.fromMs / rule.everyMs) * rule.everyMs;
    this.tracks = subjects.map(({ name }) => new Track(rule, name, { span, folding }));
    this.#signal = signalOf(rule, sources);
    const conditions = rule.levels.map(({ condition }) => condition);
    this.#comparisons = conditions.flatMap(({ comparison }) => comparison ?? []);
    this.#skippable = replayed.plain !== null && conditions.every((condition) => 'forMs' in condition);
  }

  /** From here on this window is read. A rule that is refused from the beginning says nothing, not even that it is blind. */
  enter(stretch: Stretch): void {
    if (!this.#entered) this.dropped = unansweredIn(this.replayed, stretch);
    this.#entered = true;
    if (this.dropped !== null) {
      this.nextAt = Infinity;
      return;
    }
    const { plain } = this.replayed;
    if (plain === null) return;
    this.#columns = columnsOf(this.replayed, plain, stretch);
    for (const track of this.tracks) track.trouble(this.#columns.get(track.subject)?.trouble ?? null);
  }

  /** The next slot; a promise where the daemon's own source must be asked. Its clock stands at the slot. */
  read(): Readings | Promise<Readings> {
    if (this.replayed.plain === null) return this.#readWithCare();
    const at = this.nextAt;
    const readings = new Map<string, Reading>();
    let fine = true;
    for (const [subject, column] of this.#columns) {
      const reading = readingAt(column, at);
      fine &&= this.#isFine(reading);
      readings.set(subject, reading);
    }
    if (!fine) this.#careful = carefulSlots;
    else if (this.#careful > 0) this.#careful -= 1;
    return this.#careful > 0 ? this.#readWithCare() : readings;
  }

  /**
   * Passes over slots at which everything is fine, as long as all levels are clear: they would change nothing but the
   * date of the last reading.
   */
  skip(until: number): void {
    if (this.#careful > 0 || !this.#skippable || !this.tracks.every((track) => track.isClear())) return;
    const columns = this.tracks.map(({ subject }) => this.#columns.get(subject));
    const { everyMs } = this.replayed.rule;
    for (; this.nextAt < until; this.nextAt += everyMs) {
      for (const column of columns) if (column === undefined || !this.#isFineAt(column)) return;
      for (const [place, track] of this.tracks.entries()) {
        const [slot, column] = [this.#slotIn(columns[place]), columns[place]];
        track.addFine(this.nextAt, column?.kinds[slot] === valueKind ? (column.values[slot] ?? null) : null);
      }
    }
  }

  /** Counts what was read, and goes on to the next slot. */
  advance(readings: Readings): void {
    for (const track of this.tracks) {
      const reading = readings.get(track.subject);
      if (reading === undefined) continue;
      track.add(reading);
      if (reading.kind === 'unknown' && this.replayed.plain === null) track.trouble(reading.detail);
    }
    this.nextAt += this.replayed.rule.everyMs;
  }

  async #readWithCare(): Promise<Readings> {
    const { subjects } = this.replayed;
    const readings = (await this.#signal?.read(subjects, never)) ?? new Map<string, Reading>();
    // Dated with the slot, as the daemon does.
    return new Map([...readings].map(([name, reading]) => [name, { ...reading, at: this.nextAt }]));
  }

  #slotIn(column: Column | undefined): number {
    return column === undefined ? 0 : (this.nextAt - column.grid.firstMs) / column.grid.stepMs;
  }

  #isFineAt(column: Column): boolean {
    const slot = this.#slotIn(column);
    const kind = column.kinds[slot];
    if (kind !== valueKind) return kind === passedKind;
    const value = column.values[slot] ?? Number.NaN;
    return this.#comparisons.every((comparison) => !holds(comparison, value));
  }

  #isFine(reading: Reading): boolean {
    if (reading.kind === 'unknown') return false;
    for (const { condition } of this.replayed.rule.levels)
      if (breaches(condition, reading) !== false) return false;
    return true;
  }
}

function unansweredIn({ questions }: Replayed, { answers }: Stretch): string | null {
  for (const question of questions) {
    const answer = answers.get(keyOf(question));
    if (answer === undefined) return `the history holds no answer to ${question.text}`;
    if ('problem' in answer) return answer.problem;
  }
  return null;
}

const never = new AbortController().signal;

function readingAt({ grid, kinds: written, values }: Column, at: number): Reading {
  const slot = (at - grid.firstMs) / grid.stepMs;
  const kind = kinds[written[slot] ?? 0] ?? 'value';
  if (kind === 'value') return { kind, at, value: values[slot] ?? Number.NaN, detail: '' };
  if (kind === 'passed') return { kind: 'probe', at, passed: true, detail: 'no series, which is ok here' };
  return { kind: 'unknown', at, why: kind, detail: '' };
}
