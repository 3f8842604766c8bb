import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SensitivityGrid, type FoldLevel } from '../../src/backtest/sensitivity.ts';
import { foldBreach } from '../../src/detect/breach.ts';
import { clearBreach } from '../../src/detect/clear-breach.ts';
import { judge } from '../../src/detect/judge.ts';
import type { Breach } from '../../src/domain/breach.ts';
import type { Reading } from '../../src/domain/reading.ts';
import type { Level, Operator, Rule } from '../../src/domain/rule.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { ruleOf } from '../scenarios/watching.ts';

const fold: FoldLevel = (breach, terms, reading) =>
  foldBreach(
    breach,
    {
      judgement: judge(terms.rule, terms.level, reading, { seen: true, inGrace: false, deploying: false }),
      at: reading.at,
    },
    terms,
  );

test('the grid says what folding every reading for every cell says', () => {
  fc.assert(
    fc.property(scenes(), ({ rule, readings }) => {
      const level = levelOf(rule);
      const grid = SensitivityGrid.of(rule, level, { fold, clear: clearBreach });
      for (const reading of readings) grid?.add(reading);
      const { cells = [] } = grid?.result('shop', null) ?? {};

      expect(cells.flat().length).toBeGreaterThan(3);
      for (const { threshold, forMs, firings, firingMs } of cells.flat())
        expect({ threshold, forMs, firings, firingMs }).toEqual({
          threshold,
          forMs,
          ...byForce(rule, withSetting(level, threshold, forMs), readings),
        });
    }),
    { numRuns: 150 },
  );
});

test('the present setting is marked, once', () => {
  const rule = ruleOf('errors', { levels: { critical: { above: 0.1, forMs: MINUTE } } });
  const cells = SensitivityGrid.of(rule, levelOf(rule), { fold, clear: clearBreach })?.result(
    'shop',
    null,
  ).cells;
  const marked = cells?.flat().filter(({ present }) => present);

  expect(marked?.map(({ threshold, forMs }) => [threshold, forMs])).toEqual([[0.1, MINUTE]]);
});

test('shares near the whole are tried by their distance to it', () => {
  const rule = ruleOf('pool', { levels: { critical: { above: 0.95, forMs: 0 } } });
  const grid = SensitivityGrid.of(rule, levelOf(rule), { fold, clear: clearBreach });

  expect(grid?.thresholds).toEqual([0.9, 0.925, 0.94, 0.95, 0.958, 0.965, 0.975]);
  expect(grid?.forsMs).toEqual([0, 10_000, 20_000, 50_000]);
});

test('a level that counts failures, or is valid only while deploying, has no grid', () => {
  const failures = ruleOf('health', { probe: 'health', levels: { critical: { failures: 3 } } });
  const deploying = ruleOf('errors', { levels: { critical: { above: 0.1, whileDeploying: true } } });

  expect(SensitivityGrid.of(failures, levelOf(failures), { fold, clear: clearBreach })).toBe(null);
  expect(SensitivityGrid.of(deploying, levelOf(deploying), { fold, clear: clearBreach })).toBe(null);
});

/** Every reading folded, none left out. */
function byForce(rule: Rule, level: Level, readings: readonly Reading[]) {
  let breach: Breach = clearBreach;
  let [firings, firingMs] = [0, 0];
  for (const reading of readings) {
    const before = isFiring(breach);
    breach = fold(breach, { rule, level }, reading);
    if (isFiring(breach) && !before) firings += 1;
    if (before) firingMs += rule.everyMs;
  }
  return { firings, firingMs };
}

function isFiring({ phase }: Breach): boolean {
  return phase === 'firing' || phase === 'recovering';
}

function withSetting(level: Level, value: number, forMs: number): Level {
  const { comparison } = level.condition;
  if (comparison === undefined) return level;
  return {
    ...level,
    condition: { comparison: { ...comparison, threshold: { ...comparison.threshold, value } }, forMs },
  };
}

function levelOf({ levels: [level] }: Rule): Level {
  if (level === undefined) throw new Error('the rule has no level');
  return level;
}

function scenes() {
  const reading = fc.oneof(
    { weight: 8, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom('no_data' as const, 'error' as const, 'insufficient' as const) },
    { weight: 1, arbitrary: fc.constant('gap' as const) },
  );
  return fc
    .record({
      operator: fc.constantFrom<Operator>('above', 'below', 'at_least', 'at_most'),
      threshold: fc.constantFrom(0, 0.2, 0.5, 0.8),
      forSlots: fc.integer({ min: 0, max: 6 }),
      recover: fc.boolean(),
      onNoData: fc.constantFrom('hold' as const, 'breach' as const, 'ok' as const),
      seen: fc.array(reading, { maxLength: 120 }),
    })
    .map(({ operator, threshold, forSlots, recover, onNoData, seen }) => {
      const plain = ruleOf('errors', {
        everyMs: MINUTE,
        onNoData,
        levels: { critical: { forMs: forSlots * MINUTE } },
        recover: recover
          ? {
              comparison: { operator: 'below', threshold: { value: 0.3, unit: 'ratio' } },
              forMs: 2 * MINUTE,
            }
          : null,
      });
      const level = levelOf(plain);
      const comparison = { operator, threshold: { value: threshold, unit: 'ratio' } } as const;
      const rule = {
        ...plain,
        levels: [{ ...level, condition: { comparison, forMs: forSlots * MINUTE } }],
      };
      return { rule, readings: seen.flatMap((one, slot) => readingAt(one, slot * MINUTE)) };
    });
}

function readingAt(seen: number | 'no_data' | 'error' | 'insufficient' | 'gap', at: number): Reading[] {
  if (seen === 'gap') return [];
  if (typeof seen === 'number') return [{ kind: 'value', at, value: seen, detail: '' }];
  return [{ kind: 'unknown', at, why: seen, detail: '' }];
}
