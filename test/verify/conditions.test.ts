import { describe, expect, test } from 'vitest';
import type { Confirmation } from '../../src/domain/ports/verifier.ts';
import type { Reading } from '../../src/domain/reading.ts';
import type { Comparison, Rule } from '../../src/domain/rule.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { confirmer } from '../../src/verify/confirmer.ts';
import { start } from '../fakes/clock.ts';
import { few, half, probe, rule, unknown, value } from './fixtures.ts';

function confirm(by: Rule, readings: readonly ((at: number) => Reading)[]): Confirmation {
  const begun = confirmer.begin(by, 'critical', start, 0);
  const from = start + by.windowMs;
  return readings.reduce(
    (state, read, index) => confirmer.fold(state, by, read(from + index * 10 * SECOND)),
    begun,
  );
}

const good = (at: number): Reading => value(at, 0);
const bad = (at: number): Reading => value(at, 0.9);

describe('a level that needs a share of readings', () => {
  const flapping = rule({ recover: null }, { comparison: half, need: { breaches: 3, of: 5 } });

  test('has recovered when too few of as many readings breach, whichever', () => {
    expect(confirm(flapping, [good, bad, good, bad])).toMatchObject({
      state: 'recovering',
      detail: '90% of requests; 2 of the last 4 readings breach',
    });
    expect(confirm(flapping, [good, bad, good, bad, good])).toMatchObject({
      state: 'recovered',
      detail: '0% of requests; 2 of the last 5 readings breach',
    });
  });

  test('breaches still when it is met, and has not recovered until it is not over a whole look back', () => {
    expect(confirm(flapping, [bad, bad, bad])).toMatchObject({ state: 'breaching' });
    expect(confirm(flapping, [bad, bad, bad, good, good]).state).toBe('breaching');
    expect(confirm(flapping, [bad, bad, bad, good, good, good]).state).toBe('recovered');
  });

  test('is not helped by unknown readings, and begins anew after more than three intervals of them', () => {
    const cannot = (at: number): Reading => unknown(at);
    expect(confirm(flapping, [good, good, cannot, good, good])).toMatchObject({
      state: 'recovering',
      known: 4,
    });
    expect(confirm(flapping, [good, good, cannot, good, good, good]).state).toBe('recovered');
    expect(confirm(flapping, [good, good, good, good, cannot, cannot, cannot, good]).count).toBe(1);
  });

  test('with `recover` proves that, as any other', () => {
    const strict = rule({ recover: { comparison: few, forMs: 20 * SECOND } }, flapping.levels[0]?.condition);
    expect(confirm(strict, [good, good, good])).toMatchObject({
      state: 'recovered',
      detail: '0% of requests, good for 20s',
    });
    expect(confirm(strict, [good, good, bad]).state).toBe('breaching');
  });

  test('has time for as many readings as it looks at, and three more', () => {
    const levels = [{ rule: flapping, severity: 'critical' }] as const;
    expect(confirmer.deadline(levels, start, 5 * SECOND)).toBe(start + 5 * SECOND + MINUTE + 80 * SECOND);
  });
});

test('probes that count time have recovered when they pass for as long', () => {
  const down = rule({ recover: null, windowMs: 0 }, { forMs: 20 * SECOND });
  const passes = (at: number): Reading => probe(at, true);
  expect(confirm(down, [passes, passes])).toMatchObject({ state: 'recovering' });
  expect(confirm(down, [passes, passes, passes])).toMatchObject({
    state: 'recovered',
    detail: 'answered 200, good for 20s',
  });
  expect(confirm(down, [passes, (at) => probe(at, false)]).state).toBe('breaching');
});

describe('a level in times a baseline', () => {
  const times = (operator: Comparison['operator'], times: number): Comparison => ({
    operator,
    threshold: { value: times, unit: 'times' },
  });
  const slow = rule(
    { recover: { comparison: times('below', 1.5), forMs: 20 * SECOND } },
    { comparison: times('above', 3), forMs: MINUTE },
  );
  const read =
    (value: number, past: number | null) =>
    (at: number): Reading => ({
      kind: 'value',
      at,
      value,
      detail: `${value}s`,
      baseline:
        past === null
          ? { why: 'insufficient', detail: 'no deployment' }
          : { value: past, when: 'before the deployment', shift: 'insufficient' },
    });

  test('recovers against the same baseline; the test is none of its business', () => {
    expect(confirm(slow, [read(0.4, 0.3), read(0.4, 0.3), read(0.4, 0.3)]).state).toBe('recovered');
    expect(confirm(slow, [read(0.6, 0.3)]).state).toBe('waiting');
  });

  test('without a baseline nothing is known', () => {
    expect(confirm(slow, [read(0.4, null), read(9, null)])).toMatchObject({ state: 'waiting', known: 0 });
  });
});
