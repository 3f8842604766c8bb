import { breaches } from '../domain/condition.ts';
import type { Breach, LevelChange } from '../domain/breach.ts';
import type { Unit } from '../domain/quantity.ts';
import type { Reading } from '../domain/reading.ts';
import type { Comparison, Level, Rule } from '../domain/rule.ts';
import { DAY } from '../domain/time.ts';
import { LevelHistory } from './level-history.ts';
import { plotPixels, PlotSampler } from './plot-samples.ts';
import type { LevelReport, TrackReport } from './report.ts';
import { scoreOf, type Labels } from './score.ts';
import { SensitivityGrid, triable, type FoldLevel } from './sensitivity.ts';
import type { Span } from './span.ts';

/** How the detector folds a level; both are the daemon's own. */
export interface Folding {
  readonly fold: FoldLevel;
  readonly clear: Breach;
}

interface Counting {
  readonly level: Level;
  readonly comparison: Comparison | null;
  readonly history: LevelHistory;
  readonly grid: SensitivityGrid | null;
  breachedMs: number;
}

type Verdicts = { -readonly [Key in keyof TrackReport['verdicts']]: number };

/** What one rule reads of one subject, slot after slot, made into numbers, bands and a plot. */
export class Track {
  readonly subject: string;
  readonly #rule: Rule;
  readonly #span: Span;
  readonly #sampler: PlotSampler;
  readonly #levels: readonly Counting[];
  readonly #verdicts: Verdicts = { known: 0, no_data: 0, error: 0, insufficient: 0, never_seen: 0 };
  #slots = 0;
  #trouble: string | null = null;

  constructor(
    rule: Rule,
    subject: string,
    around: { readonly span: Span; readonly folding: Folding | null },
  ) {
    this.subject = subject;
    this.#rule = rule;
    this.#span = around.span;
    const slots = 1 + Math.floor((around.span.toMs - around.span.fromMs) / rule.everyMs);
    this.#sampler = new PlotSampler(around.span, Math.min(plotPixels, slots));
    this.#levels = rule.levels.map((level) => ({
      level,
      comparison: triable({ ...level, whileDeploying: false })?.comparison ?? null,
      history: new LevelHistory(),
      grid: around.folding === null ? null : SensitivityGrid.of(rule, level, around.folding),
      breachedMs: 0,
    }));
  }

  /** Takes in the next reading. */
  add(reading: Reading): void {
    this.#slots += 1;
    this.#verdicts[reading.kind === 'unknown' ? reading.why : 'known'] += 1;
    const value = reading.kind === 'value' ? reading.value : null;
    this.#sampler.add(reading.at, reading.kind === 'unknown' ? undefined : value);
    for (const counting of this.#levels) {
      const { level, grid } = counting;
      if (reading.kind !== 'unknown' && breaches(level.condition, reading) === true)
        counting.breachedMs += this.#rule.everyMs;
      grid?.add(reading);
    }
  }

  /**
   * Takes in the next reading, of which everything is fine: the same as `add`, in a fraction of the time.
   *
   * @param value null where there is something, but no number
   */
  addFine(at: number, value: number | null): void {
    this.#slots += 1;
    this.#verdicts.known += 1;
    this.#sampler.add(at, value);
    for (const { grid } of this.#levels) grid?.addFine(at, value);
  }

  /** No level is pending or firing. */
  isClear(): boolean {
    return this.#levels.every(({ history }) => history.isClear());
  }

  /** The first reading that nothing could be read from says why. */
  trouble(why: string | null): void {
    this.#trouble ??= why;
  }

  /** Something happened to one of the rule's levels. */
  change(change: LevelChange): void {
    this.#levels.find(({ level }) => level.severity === change.severity)?.history.take(change);
  }

  /** @param condition how a level is worded */
  report(condition: (level: Level) => string, labels: Labels | null): TrackReport {
    const { known, no_data, error, insufficient, never_seen } = this.#verdicts;
    const unknown = no_data + error + insufficient + never_seen;
    return {
      rule: this.#rule.id,
      summary: this.#rule.summary,
      subject: this.subject,
      stepMs: this.#rule.everyMs,
      slots: this.#slots,
      verdicts: { ...this.#verdicts },
      unknownShare: share(unknown, this.#slots),
      coverage: share(known + insufficient, this.#slots),
      firstTrouble: this.#trouble,
      levels: this.#levels.map((counting) => this.#levelReport(counting, condition, labels)),
      plot: this.#sampler.samples,
    };
  }

  #levelReport(
    { level, comparison, history, grid, breachedMs }: Counting,
    condition: (level: Level) => string,
    labels: Labels | null,
  ): LevelReport {
    const { fromMs, toMs } = this.#span;
    const { firings, pending } = history.until(toMs);
    const fired = firings.map(({ firedAt }) => firedAt);
    return {
      severity: level.severity,
      condition: condition(level),
      wants: level.want.action,
      threshold: comparison === null ? null : thresholdOf(comparison),
      firings,
      pending,
      breachedMs,
      firingMs: firings.reduce((sum, { firedAt, endedAt }) => sum + (endedAt ?? toMs) - firedAt, 0),
      firingsPerWeek: (firings.length * 7 * DAY) / Math.max(1, toMs - fromMs),
      score: labels === null ? null : scoreOf(fired, this.subject, labels),
      sensitivity: grid?.result(this.subject, labels) ?? null,
    };
  }
}

function thresholdOf({ operator, threshold }: Comparison): {
  readonly operator: Comparison['operator'];
  readonly value: number;
  readonly unit: Unit;
} {
  return { operator, value: threshold.value, unit: threshold.unit };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
