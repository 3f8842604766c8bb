import { holds, wordComparison } from '../../domain/comparison.ts';
import type { Comparison, Level, Rule } from '../../domain/rule.ts';
import { formatDuration } from '../../domain/time.ts';
import type { Check, Hit, Lint, LintedRule } from '../check.ts';
import { bare } from '../walk.ts';
import { valueRange, type ValueRange } from '../value-range.ts';
import { filtersIn } from './filter.ts';

/** `for` that two readings cannot fill. */
export const forShort: Check = {
  gravity: 'warning',
  why: 'A breach needs two readings, and `for` counts the time between them: anything below two intervals fires at the second reading, whatever is written.',
  remedy:
    'Read the rule more often (every), let it hold longer, or write for: 0s if the first reading is enough.',
  *find({ rules }): Generator<Hit> {
    for (const { rule, file, path } of rules) {
      for (const { severity, condition } of rule.levels) {
        if (!('forMs' in condition) || !isShort(condition.forMs, rule)) continue;
        yield {
          at: file.value([...path, 'levels', severity, 'for']),
          message: `for ${formatDuration(condition.forMs)} is less than two intervals (every ${formatDuration(rule.everyMs)})`,
        };
      }
      if (rule.recover !== null && 'forMs' in rule.recover && isShort(rule.recover.forMs, rule))
        yield {
          at: file.value([...path, 'recover', 'for']),
          message: `recover for ${formatDuration(rule.recover.forMs)} is less than two intervals (every ${formatDuration(rule.everyMs)})`,
        };
    }
  },
};

function isShort(forMs: number, { everyMs }: Rule): boolean {
  return forMs > 0 && forMs < 2 * everyMs;
}

/** A level that no value reaches. */
export const neverHolds: Check = {
  gravity: 'warning',
  why: 'The signal never has such a value, so the level never fires, and nobody notices.',
  remedy: 'Move the threshold into the range of the signal; a share goes from 0 % to 100 %.',
  *find(lint): Generator<Hit> {
    for (const { linted, level, comparison, range } of comparedLevels(lint)) {
      if (mayHold(comparison, range)) continue;
      yield {
        at: placeOf(linted, level, comparison),
        message: `${level.severity} (${wordComparison(comparison)}) never holds: the signal ${within(range)}`,
      };
    }
  },
};

/** A level that every value reaches. */
export const alwaysHolds: Check = {
  gravity: 'warning',
  why: 'The signal always has such a value, so the level fires as soon as there is a reading, and never ends.',
  remedy: 'Move the threshold into the range of the signal, or use above instead of at_least.',
  *find(lint): Generator<Hit> {
    for (const { linted, level, comparison, range, filters } of comparedLevels(lint)) {
      if (filters || mayFail(comparison, range)) continue;
      yield {
        at: placeOf(linted, level, comparison),
        message: `${level.severity} (${wordComparison(comparison)}) always holds: the signal ${within(range)}`,
      };
    }
  },
};

interface Compared {
  readonly linted: LintedRule;
  readonly level: Level;
  readonly comparison: Comparison;
  readonly range: ValueRange;
  /** The query itself removes what is well. */
  readonly filters: boolean;
}

function* comparedLevels({ rules }: Lint): Generator<Compared> {
  for (const linted of rules) {
    const known = rangeOf(linted);
    if (known === null) continue;
    for (const level of linted.rule.levels) {
      const { comparison } = level.condition;
      if (comparison !== undefined && comparison.threshold.unit !== 'times')
        yield { linted, level, comparison, ...known };
    }
  }
}

/** What a rule's signal lies within; null where nothing is known, or a level is no plain comparison with it. */
function rangeOf({ rule, signals, path }: LintedRule): Pick<Compared, 'range' | 'filters'> | null {
  const share: ValueRange = { low: 0, high: 1 };
  const { kind, options } = rule.source;
  if (kind === 'disk' || (kind === 'docker' && measureOf(options) === 'memory'))
    return { range: share, filters: false };
  const [signal, ...others] = signals;
  // Under `all` and `any` each signal has a comparison of its own.
  if (signal === undefined || others.length > 0 || signal.path.length !== path.length + 1) return null;
  if (signal.min !== null) return { range: share, filters: false };
  const expression = signal.queries.find(({ role }) => role === 'query')?.expression;
  if (!expression) return null;
  const range = valueRange(bare(expression));
  const known = range.low > -Infinity || range.high < Infinity;
  return known && range.low <= range.high ? { range, filters: filtersIn(expression).length > 0 } : null;
}

function measureOf(options: unknown): unknown {
  if (options !== null && typeof options === 'object' && 'measure' in options) return options.measure;
  return options;
}

function mayHold(comparison: Comparison, { low, high }: ValueRange): boolean {
  return holds(comparison, low) || holds(comparison, high);
}

function mayFail(comparison: Comparison, { low, high }: ValueRange): boolean {
  return !holds(comparison, low) || !holds(comparison, high);
}

function within({ low, high }: ValueRange): string {
  const [from, to] = [low === Number.MIN_VALUE ? 0 : low, high === -Number.MIN_VALUE ? 0 : high];
  if (from === to) return `is always ${from}`;
  if (to === Infinity) return `is never below ${from}`;
  return from === -Infinity ? `is never above ${to}` : `lies between ${from} and ${to}`;
}

function placeOf({ file, path }: LintedRule, { severity }: Level, { operator }: Comparison) {
  return file.value([...path, 'levels', severity, operator]);
}
