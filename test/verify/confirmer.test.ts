import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Confirmation } from '../../src/domain/ports/verifier.ts';
import type { Reading } from '../../src/domain/reading.ts';
import type { Rule } from '../../src/domain/rule.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { confirmer } from '../../src/verify/confirmer.ts';
import { start } from '../fakes/clock.ts';
import { probe, rule, unknown, value } from './fixtures.ts';

const settleMs = 5 * SECOND;
/** The first instant that proves anything: effect, settling and window are over. */
const fresh = start + settleMs + MINUTE;
const noRecover = rule({ recover: null });
const failures = rule({ recover: null, windowMs: 0 }, { failures: 2 });

function confirm(readings: readonly Reading[], by: Rule = rule()): Confirmation {
  const begun = confirmer.begin(by, 'critical', start, settleMs);
  return readings.reduce((state, reading) => confirmer.fold(state, by, reading), begun);
}

/** Readings ten seconds apart, from the first instant that counts. */
function every<T>(
  items: readonly T[],
  make: (at: number, item: T) => Reading,
  from = fresh,
): readonly Reading[] {
  return items.map((item, index) => make(from + index * 10 * SECOND, item));
}

test('it begins with what is to be proven, and from when', () => {
  expect(confirm([])).toEqual({
    rule: 'layra/api-error-rate',
    severity: 'critical',
    from: fresh,
    state: 'waiting',
    recoverMs: 0,
    count: 0,
    previous: null,
    knownAt: null,
    known: 0,
    detail: '',
  });
});

test('readings that still look back before the effect prove nothing', () => {
  const early = every([0, 0, 0, 0, 0], value, fresh - 50 * SECOND);
  expect(confirm(early)).toEqual(confirm([]));
});

test('good readings for as long as `recover` says recover it', () => {
  expect(confirm(every([0, 0, 0], value))).toMatchObject({
    state: 'recovering',
    recoverMs: 20 * SECOND,
    detail: '0% of requests; good for 20s of 30s',
  });
  expect(confirm(every([0, 0, 0, 0.01], value))).toMatchObject({
    state: 'recovered',
    known: 4,
    detail: '1% of requests, good for 30s',
  });
});

test('a reading that neither breaches nor satisfies `recover` starts over', () => {
  expect(confirm(every([0, 0, 0, 0.2], value))).toMatchObject({ state: 'waiting', recoverMs: 0, count: 0 });
  expect(confirm(every([0, 0, 0, 0.2, 0, 0, 0], value)).state).toBe('recovering');
  expect(confirm(every([0, 0, 0, 0.2, 0, 0, 0, 0], value)).state).toBe('recovered');
});

test('a breaching reading says so and starts over, even after it had recovered', () => {
  expect(confirm(every([0, 0, 0, 0, 0.9], value))).toMatchObject({
    state: 'breaching',
    recoverMs: 0,
    detail: '90% of requests',
  });
});

test('what has recovered stays so while it only worsens a little', () => {
  expect(confirm(every([0, 0, 0, 0, 0.2, 0.2], value)).state).toBe('recovered');
});

test('unknown readings add nothing, nor does the time that touches them', () => {
  const readings = [
    ...every([0, 0], value),
    unknown(fresh + 20 * SECOND),
    ...every([0, 0], value, fresh + 30 * SECOND),
  ];
  expect(confirm(readings)).toMatchObject({ state: 'recovering', recoverMs: 20 * SECOND, known: 4 });
});

test('nothing but unknown readings leaves it unknown, and says why', () => {
  expect(confirm([unknown(fresh), unknown(fresh + MINUTE, 'insufficient')])).toMatchObject({
    state: 'waiting',
    known: 0,
    detail: 'cannot see: no series',
  });
});

test('more than three intervals without a known reading start over', () => {
  const at = (seconds: number): Reading => value(fresh + seconds * SECOND, 0);
  expect(confirm([at(0), at(10), at(20), at(50)])).toMatchObject({ state: 'recovered' });
  expect(confirm([at(0), at(10), at(20), at(51)])).toMatchObject({
    state: 'recovering',
    recoverMs: 0,
    count: 1,
  });
});

test('the same reading does not count twice', () => {
  const reading = value(fresh, 0);
  expect(confirm([reading, reading])).toMatchObject({ count: 1, known: 1 });
});

// Without `recover`

test("without `recover` it must not breach for as long as the level's own `for`", () => {
  expect(confirm(every([0.4, 0.4, 0.4, 0.4, 0.4, 0.4], value), noRecover).state).toBe('recovering');
  expect(confirm(every([0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4], value), noRecover)).toMatchObject({
    state: 'recovered',
    detail: '40% of requests, good for 1m',
  });
});

test('without `recover` and without `for` it takes two readings', () => {
  const instant = rule(
    { recover: null },
    { comparison: { operator: 'below', threshold: { value: 0.05, unit: 'ratio' } }, forMs: 0 },
  );
  expect(confirm(every([0.5], value), instant)).toMatchObject({
    state: 'recovering',
    detail: '50% of requests; good 1 of 2 times',
  });
  expect(confirm(every([0.5, 0.5], value), instant)).toMatchObject({
    state: 'recovered',
    detail: '50% of requests, good 2 times',
  });
});

test('with `recover` for no time one reading is enough', () => {
  const by = rule({
    recover: { comparison: { operator: 'below', threshold: { value: 0.05, unit: 'ratio' } }, forMs: 0 },
  });
  expect(confirm(every([0], value), by)).toMatchObject({ state: 'recovered', detail: '0% of requests' });
});

// Probes

test('two passing probes in a row recover `failures`', () => {
  const from = start + settleMs;
  expect(confirm(every([true], probe, from), failures)).toMatchObject({
    state: 'recovering',
    detail: 'answered 200; good 1 of 2 times',
  });
  expect(confirm(every([true, false, true], probe, from), failures).state).toBe('recovering');
  expect(confirm(every([true, false], probe, from), failures)).toMatchObject({
    state: 'breaching',
    detail: 'answered 500',
  });
  expect(confirm(every([false, true, true], probe, from), failures)).toMatchObject({ state: 'recovered' });
});

test('a reading of the wrong kind is unknown', () => {
  expect(confirm([probe(fresh, false)])).toMatchObject({ known: 0, state: 'waiting' });
  expect(confirm([value(fresh, 0)], failures)).toMatchObject({ known: 0, state: 'waiting' });
  expect(confirm([value(fresh, Number.NaN)])).toMatchObject({ known: 0, state: 'waiting' });
});

// Declared meanings of unknown

test('a rule that declares no data to be ok recovers without data', () => {
  const by = rule({ onNoData: 'ok' });
  expect(
    confirm(
      every([0, 0, 0, 0], (at) => unknown(at)),
      by,
    ).state,
  ).toBe('recovered');
  expect(
    confirm(
      every([0, 0, 0, 0], (at) => unknown(at, 'insufficient')),
      by,
    ).state,
  ).toBe('waiting');
});

test('a rule that declares errors to be breaches does not recover from them', () => {
  const by = rule({ onError: 'breach' });
  expect(confirm([unknown(fresh, 'error')], by).state).toBe('breaching');
});

// Deadline

test('the deadline follows from settling, window, the time to recover, and three intervals', () => {
  const recoverMs = 30 * SECOND;
  expect(confirmer.deadline([{ rule: rule(), severity: 'critical' }], start, settleMs)).toBe(
    fresh + recoverMs + 30 * SECOND,
  );
  expect(
    confirmer.deadline(
      [
        { rule: rule(), severity: 'critical' },
        { rule: failures, severity: 'critical' },
        { rule: noRecover, severity: 'critical' },
      ],
      start,
      settleMs,
    ),
  ).toBe(fresh + MINUTE + 30 * SECOND);
  expect(confirmer.deadline([], start, settleMs)).toBe(start + settleMs);
});

test.each([
  ['recover', rule(), value],
  ['no recover', noRecover, value],
  ['failures', failures, (at: number) => probe(at, true)],
] as const)('a healthy target recovers before the deadline: %s', (_, by, make) => {
  const deadline = confirmer.deadline([{ rule: by, severity: 'critical' }], start, settleMs);
  const readings: Reading[] = [];
  for (let at = start + 7 * SECOND; at <= deadline; at += by.everyMs) readings.push(make(at, 0));
  expect(confirm(readings, by).state).toBe('recovered');
});

// Properties

interface Tick {
  readonly saw: 'good' | 'between' | 'bad' | 'unknown';
  readonly afterMs: number;
}
const saw = fc.oneof(
  { weight: 20, arbitrary: fc.constant('good' as const) },
  { weight: 1, arbitrary: fc.constantFrom('between' as const, 'bad' as const, 'unknown' as const) },
);
const ticks = fc.array(fc.record<Tick>({ saw, afterMs: fc.integer({ min: 1, max: 32_000 }) }), {
  minLength: 3,
  maxLength: 40,
});

function trace(items: readonly Tick[]): Reading[] {
  let at = fresh;
  const shares = { good: 0, between: 0.2, bad: 0.9 };
  return items.map(({ saw, afterMs }) => {
    at += afterMs;
    return saw === 'unknown' ? unknown(at) : value(at, shares[saw]);
  });
}

function recoveredAt(readings: readonly Reading[], by: Rule): number {
  let state = confirmer.begin(by, 'critical', start, settleMs);
  for (const reading of readings) {
    state = confirmer.fold(state, by, reading);
    if (state.state === 'recovered') return reading.at;
  }
  return Number.POSITIVE_INFINITY;
}

test.each([
  ['with recover', rule()],
  ['without', noRecover],
])('inserting unknown readings never makes it recover earlier, %s', (_, by) => {
  let recovered = 0;
  fc.assert(
    fc.property(
      ticks,
      fc.array(fc.integer({ min: 0, max: 600_000 }), { maxLength: 10 }),
      (items, inserted) => {
        const plain = trace(items);
        const mixed = [...plain, ...inserted.map((ms) => unknown(fresh + ms))].sort((a, b) => a.at - b.at);
        const before = recoveredAt(plain, by);
        if (Number.isFinite(before)) recovered += 1;
        expect(recoveredAt(mixed, by)).toBeGreaterThanOrEqual(before);
      },
    ),
    { numRuns: 500, seed: 7 },
  );
  expect(recovered).toBeGreaterThan(150);
});

test('replacing readings by unknown ones never makes it recover earlier, unless they were bad', () => {
  fc.assert(
    fc.property(ticks, fc.array(fc.nat(39)), (items, at) => {
      const blinded = items.map((tick, index) =>
        at.includes(index) && tick.saw === 'good' ? { ...tick, saw: 'unknown' as const } : tick,
      );
      expect(recoveredAt(trace(blinded), rule())).toBeGreaterThanOrEqual(recoveredAt(trace(items), rule()));
    }),
    { numRuns: 500 },
  );
});
