import type { Breach } from '../domain/breach.ts';
import { holds } from '../domain/comparison.ts';
import type { Reading } from '../domain/reading.ts';
import type { Comparison, Level, Rule } from '../domain/rule.ts';
import { scoreOf, type Labels, type Score } from './score.ts';

/** What a level would have done with another threshold and another `for`. */
export interface Cell {
  readonly threshold: number;
  readonly forMs: number;
  /** It stands in the configuration. */
  readonly present: boolean;
  readonly firings: number;
  /** How long it fired, in ms; what recovered and relapsed in between included. */
  readonly firingMs: number;
  readonly score: Score | null;
}

/** Thresholds down, `for` across. */
export interface Sensitivity {
  readonly thresholds: readonly number[];
  readonly forsMs: readonly number[];
  /** A row a threshold. */
  readonly cells: readonly (readonly Cell[])[];
}

/** The detector's own fold of one reading into a level: what the daemon does. */
export type FoldLevel = (breach: Breach, terms: Terms, reading: Reading) => Breach;

/** A level, and the rule it is one of. */
export interface Terms {
  readonly rule: Rule;
  readonly level: Level;
}

interface Trial {
  readonly terms: Terms;
  breach: Breach;
  /** It fires, and has gone on breaching until then: folded when something else is read. */
  heldAt: number | null;
  firings: number[];
  firingMs: number;
}

/** All trials with one threshold, which breach together. */
interface Row {
  readonly comparison: Comparison;
  readonly trials: readonly Trial[];
  /** Trials that are not clear. */
  busy: number;
}

const factors = [0.5, 0.7, 0.85, 1, 1.2, 1.5, 2];
const forFactors = [0.25, 0.5, 1, 2, 4];

/** A threshold level with its `for`; null for what is counted otherwise, or compared with a baseline. */
export function triable(level: Level): { readonly comparison: Comparison; readonly forMs: number } | null {
  const { condition, whileDeploying } = level;
  if (whileDeploying || !('forMs' in condition) || condition.comparison === undefined) return null;
  const { comparison, forMs } = condition;
  return comparison.threshold.unit === 'times' ? null : { comparison, forMs };
}

/**
 * Tries a level with thresholds and `for`s around the present ones, reading by reading, with the detector's own fold.
 *
 * A level that is clear stays clear at a reading that does not breach: such readings, nearly all of them, cost one
 * comparison for the whole grid. One that fires and breaches goes on firing, whatever was before: a run of such readings
 * is folded once, by its last one.
 */
export class SensitivityGrid {
  readonly #rule: Rule;
  readonly #fold: FoldLevel;
  readonly #clear: Breach;
  readonly #rows: readonly Row[];
  readonly #present: { readonly threshold: number; readonly forMs: number };
  readonly #mostSensitive: Comparison;
  readonly thresholds: readonly number[];
  readonly forsMs: readonly number[];
  #busy = 0;

  /** @returns null for a level that has no threshold and `for` of its own */
  static of(
    rule: Rule,
    level: Level,
    fold: { readonly fold: FoldLevel; readonly clear: Breach },
  ): SensitivityGrid | null {
    const tried = triable(level);
    return tried === null ? null : new SensitivityGrid(rule, level, { ...tried, ...fold });
  }

  private constructor(
    rule: Rule,
    level: Level,
    parts: {
      readonly comparison: Comparison;
      readonly forMs: number;
      readonly fold: FoldLevel;
      readonly clear: Breach;
    },
  ) {
    const { comparison, forMs, fold, clear } = parts;
    this.#rule = rule;
    this.#fold = fold;
    this.#clear = clear;
    this.#present = { threshold: comparison.threshold.value, forMs };
    this.thresholds = thresholdsAround(comparison);
    this.forsMs = forsAround(forMs, rule.everyMs);
    this.#rows = this.thresholds.map((value): Row => {
      const other = { ...comparison, threshold: { ...comparison.threshold, value } };
      const trials = this.forsMs.map((tried): Trial => {
        const terms = { rule, level: { ...level, condition: { comparison: other, forMs: tried } } };
        return { terms, breach: clear, heldAt: null, firings: [], firingMs: 0 };
      });
      return { comparison: other, trials, busy: 0 };
    });
    const upwards = comparison.operator === 'above' || comparison.operator === 'at_least';
    const value = upwards ? Math.min(...this.thresholds) : Math.max(...this.thresholds);
    this.#mostSensitive = { ...comparison, threshold: { ...comparison.threshold, value } };
  }

  /** Takes in the next reading. Unknown ones count as the rule says. */
  add(reading: Reading): void {
    const value = reading.kind === 'value' ? reading.value : null;
    if (this.#busy === 0 && value !== null && !holds(this.#mostSensitive, value)) return;
    for (const row of this.#rows) {
      const breaching = value !== null && holds(row.comparison, value);
      if (row.busy === 0 && value !== null && !breaching) continue;
      for (const trial of row.trials) this.#try(row, trial, { reading, breaching });
    }
  }

  /** Takes in the next reading, which does not breach at the present setting. */
  addFine(at: number, value: number | null): void {
    if (this.#busy === 0 && (value === null || !holds(this.#mostSensitive, value))) return;
    this.add(
      value === null
        ? { kind: 'probe', at, passed: true, detail: '' }
        : { kind: 'value', at, value, detail: '' },
    );
  }

  /** The grid as it stands, given when the last reading was. */
  result(target: string, labels: Labels | null): Sensitivity {
    const cells = this.thresholds.map((threshold, row) =>
      this.forsMs.map((forMs, column): Cell => {
        const trial = this.#rows[row]?.trials[column];
        const firings = trial?.firings ?? [];
        return {
          threshold,
          forMs,
          present: threshold === this.#present.threshold && forMs === this.#present.forMs,
          firings: firings.length,
          firingMs: trial?.firingMs ?? 0,
          score: labels === null ? null : scoreOf(firings, target, labels),
        };
      }),
    );
    return { thresholds: this.thresholds, forsMs: this.forsMs, cells };
  }

  #try(
    row: Row,
    trial: Trial,
    { reading, breaching }: { readonly reading: Reading; readonly breaching: boolean },
  ): void {
    const before = trial.breach.phase;
    if (before === 'clear' && reading.kind === 'value' && !breaching) return;
    if (before === 'firing' || before === 'recovering') trial.firingMs += this.#rule.everyMs;
    if (before === 'firing' && breaching) {
      trial.heldAt = reading.at;
      return;
    }
    trial.breach = this.#fold(this.#held(trial), trial.terms, reading);
    trial.heldAt = null;
    const { phase } = trial.breach;
    if (phase === 'firing' && (before === 'clear' || before === 'pending')) trial.firings.push(reading.at);
    if (phase === 'clear') trial.breach = this.#clear;
    const change =
      Number(before === 'clear' && phase !== 'clear') - Number(before !== 'clear' && phase === 'clear');
    row.busy += change;
    this.#busy += change;
  }

  /** Where a trial stands after the readings at which it went on firing. */
  #held({ breach, heldAt, terms }: Trial): Breach {
    if (heldAt === null) return breach;
    const threshold = terms.level.condition.comparison?.threshold.value ?? Number.NaN;
    return this.#fold(breach, terms, {
      kind: 'value',
      at: heldAt,
      value: this.#beyond(threshold),
      detail: '',
    });
  }

  /** A value that breaches this threshold for certain. */
  #beyond(threshold: number): number {
    const { operator } = this.#mostSensitive;
    const further = Math.abs(threshold) + 1;
    return operator === 'above' || operator === 'at_least' ? threshold + further : threshold - further;
  }
}

/**
 * Half to twice the threshold. A share above one half is told from others by its distance to the whole: 90 %, 95 % and
 * 97.5 % rather than 47.5 %, 95 % and 190 %.
 */
function thresholdsAround({ threshold: { value, unit } }: Comparison): readonly number[] {
  if (value === 0) return [0];
  const share = unit === 'ratio' && value > 0.5 && value < 1;
  const around = factors.map((factor) => rounded(share ? 1 - (1 - value) * factor : value * factor));
  const sorted = [...new Set([...around, value])].toSorted((a, b) => a - b);
  // What rounding moved stands beside the threshold as it was written.
  return sorted.filter((tried) => tried === value || Math.abs(tried - value) > Math.abs(value) * 1e-6);
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function forsAround(forMs: number, everyMs: number): readonly number[] {
  if (forMs === 0) return [0, everyMs, 2 * everyMs, 5 * everyMs];
  return [...new Set(forFactors.map((factor) => Math.round(forMs * factor)))];
}
