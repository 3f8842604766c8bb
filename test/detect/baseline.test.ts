import { describe, expect, test } from 'vitest';
import { withBaseline } from '../../src/detect/baseline.ts';
import { breaches, meets } from '../../src/domain/condition.ts';
import type { Quantity, Unit } from '../../src/domain/quantity.ts';
import type { Baselined, Reading } from '../../src/domain/reading.ts';
import type { Comparison, Operator, Rule } from '../../src/domain/rule.ts';
import { DAY, MINUTE, SECOND } from '../../src/domain/time.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { ScriptedSource } from './scripted-source.ts';
import { aRule, level, Tracing } from './tracing.ts';

function times(operator: Operator, value: number, floor?: Quantity): Comparison {
  const threshold = { value, unit: 'times' } as const;
  return floor === undefined ? { operator, threshold } : { operator, threshold, floor };
}

type Value = Extract<Reading, { kind: 'value' }>;
const read = (value: number, baseline?: Baselined): Value => ({
  kind: 'value',
  at: start,
  value,
  detail: String(value),
  ...(baseline === undefined ? {} : { baseline }),
});
const was = (value: number, shift: Extract<Baselined, { value: number }>['shift'] = null): Baselined => ({
  value,
  when: 'of 1d ago',
  shift,
});
const none: Baselined = { why: 'insufficient', detail: 'no deployment of it has been seen' };
const halfSecond: Quantity = { value: 0.5, unit: 'seconds' };

describe('a threshold in times', () => {
  test('holds for values so many times their baseline', () => {
    const thrice = times('above', 3);
    expect([meets(thrice, read(0.9, was(0.3))), meets(thrice, read(0.91, was(0.3)))]).toEqual([false, true]);
    expect(meets(times('below', 0.5), read(4, was(10)))).toBe(true);
  });

  test('says nothing without a baseline, and why', () => {
    expect(meets(times('above', 3), read(9, none))).toBe('insufficient');
    expect(meets(times('above', 3), read(9, { why: 'error', detail: 'refused' }))).toBe('error');
    expect(meets(times('above', 3), read(9))).toBe('error');
  });

  test('with a floor holds only where the value itself is beyond it', () => {
    const slow = times('above', 3, halfSecond);
    expect(meets(slow, read(0.4, was(0.1)))).toBe(false);
    expect(meets(slow, read(0.6, was(0.1)))).toBe(true);
    expect(meets(times('below', 0.5, { value: 10, unit: 'number' }), read(12, was(100)))).toBe(false);
  });

  test('the floor alone never makes it hold, and alone keeps it from holding', () => {
    const slow = times('above', 3, halfSecond);
    expect([meets(slow, read(60, none)), meets(slow, read(0.1, none))]).toEqual(['insufficient', false]);
  });

  test.each([
    ['higher', true, false],
    ['lower', false, true],
    ['none', false, false],
    ['insufficient', 'insufficient', 'insufficient'],
  ] as const)('where the test says %s, a level above breaches: %s, one below: %s', (shift, above, below) => {
    expect(breaches({ comparison: times('above', 3) }, read(40, was(10, shift)))).toBe(above);
    expect(breaches({ comparison: times('below', 0.5) }, read(4, was(10, shift)))).toBe(below);
  });

  test('what does not breach needs no test, nor does what is to recover', () => {
    expect(breaches({ comparison: times('above', 3) }, read(20, was(10, 'insufficient')))).toBe(false);
    expect(meets(times('below', 1.5), read(12, was(10, 'none')))).toBe(true);
  });
});

describe('a reading with its baseline', () => {
  const slow = aRule({
    baseline: { offsetMs: DAY },
    levels: [
      level('critical', { comparison: times('above', 3, halfSecond), forMs: MINUTE }),
      level('medium', { comparison: times('above', 2), forMs: MINUTE }),
    ],
  });

  async function detailOf(
    rule: Rule,
    reading: Reading,
    past: Baselined,
    unit: Unit = 'number',
  ): Promise<Reading> {
    const source = Object.assign(new ScriptedSource(new SimulatedClock()), {
      unit: () => unit,
      baselines: () => Promise.resolve(new Map([['backend', past]])),
    });
    const asking = { subjects: [{ name: 'backend', target: null }], signal: new AbortController().signal };
    const readings = await withBaseline(rule, source, new Map([['backend', reading]]), asking);
    return readings.get('backend') ?? reading;
  }

  test('says how many times it is what, in the unit that the rule is written in', async () => {
    const { detail } = await detailOf(slow, read(1.24), was(0.3));
    expect(detail).toBe('1.24s, 4.13 times the 0.3s of 1d ago');
  });

  test('keeps what the source said of it', async () => {
    const reading = { ...read(0.75), detail: '75% (3 of 4)' };
    const { detail } = await detailOf(slow, reading, was(0.25), 'ratio');
    expect(detail).toBe('75% (3 of 4), 3 times the 25% of 1d ago');
  });

  test('says what the test made of it', async () => {
    const details = await Promise.all(
      (['higher', 'none', 'insufficient'] as const).map((shift) =>
        detailOf(slow, read(0.9), was(0.3, shift)),
      ),
    );
    expect(details.map(({ detail }) => detail.replace('0.9s, 3 times the 0.3s of 1d ago', ''))).toEqual([
      ', higher than before by more than chance',
      ', which may be chance',
      ', with too few readings to tell it from chance',
    ]);
  });

  test.each([0, -2, Number.NaN, Infinity])('a baseline of %d is none', async (past) => {
    expect(await detailOf(slow, read(4), was(past))).toMatchObject({
      baseline: { why: 'insufficient' },
      detail: `4s; nothing is so many times the ${past}s of 1d ago`,
    });
  });

  test('a negative value has none, and zero does', async () => {
    expect(await detailOf(slow, read(-1), was(2))).toMatchObject({
      detail: '-1s; a negative value is no number of times its baseline',
      baseline: { why: 'insufficient' },
    });
    expect((await detailOf(slow, read(0), was(2))).detail).toBe('0s, 0 times the 2s of 1d ago');
  });

  test('what is unknown stays as it is', async () => {
    const unknown = { kind: 'unknown', at: start, why: 'no_data', detail: 'no series' } as const;
    expect(await detailOf(slow, unknown, was(2))).toBe(unknown);
  });
});

describe('a rule with a baseline', () => {
  const rule = aRule({
    baseline: { before: 'deploy', windowMs: 30 * MINUTE },
    levels: [level('critical', { comparison: times('above', 3), forMs: 20 * SECOND })],
    recover: { comparison: times('below', 1.5), forMs: 10 * SECOND },
  });

  test('is trusted by what it read before there was a baseline: what breaches then is news', () => {
    const traced = new Tracing(rule);
    traced.read(read(4, none));
    traced.read(read(40, was(10)), 3);
    expect(traced.told()).toEqual(['critical pending', 'critical fired']);
  });

  test('counts nothing while there is no baseline, and is not blind for it', () => {
    const traced = new Tracing(rule);
    traced.read(read(4, was(10)));
    traced.read(read(40, was(10)), 2);
    traced.read(read(40, none), 2);
    traced.read(read(40, was(10)));
    expect(traced.told()).toEqual(['critical pending']);
    expect(traced.watch.unknownSince).toBeNull();
    traced.read(read(40, was(10)));
    expect(traced.told()).toEqual(['critical pending', 'critical fired']);
  });

  test('recovers by a threshold in times, and not without a baseline', () => {
    const traced = new Tracing(rule);
    traced.read(read(4, was(10)));
    traced.read(read(40, was(10)), 3);
    traced.read(read(4, none), 5);
    traced.read(read(20, was(10)), 2);
    expect(traced.told().at(-1)).toBe('critical fired');
    traced.read(read(14, was(10)), 2);
    expect(traced.told().at(-1)).toBe('critical recovered');
  });
});
