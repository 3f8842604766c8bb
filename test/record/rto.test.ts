import { describe, expect, test } from 'vitest';
import type { LedgerRow } from '../../src/domain/ports/store.ts';
import { isMet, summarise } from '../../src/record/rto.ts';
import { ledger } from '../store/samples.ts';

/** Rows whose rollback took these times, in ms, each closed after the one before. */
function rollbacks(...times: (number | null)[]): LedgerRow[] {
  return times.map((actualMs, index) => {
    const row = ledger({ incident: `i-${index}`, closedAt: 1_000 + index });
    return { ...row, phases: { ...row.phases, rollback: { actualMs, objectiveMs: 300 } } };
  });
}

describe('the summary of the ledger', () => {
  test('of nothing knows nothing', () => {
    expect(summarise([]).total).toEqual({
      medianMs: null,
      p95Ms: null,
      withinObjective: null,
      trendMs: null,
    });
  });

  test('of one incident has no trend', () => {
    expect(summarise(rollbacks(200)).rollback).toEqual({
      medianMs: 200,
      p95Ms: 200,
      withinObjective: 1,
      trendMs: null,
    });
  });

  test('has the median, the 95th percentile, the share within objective and the trend', () => {
    expect(summarise(rollbacks(400, 300, 200, 100)).rollback).toEqual({
      medianMs: 250,
      p95Ms: 400,
      withinObjective: 0.75,
      trendMs: -200,
    });
  });

  test('takes the nearest rank, a time that was measured', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

    expect(summarise(rollbacks(...hundred)).rollback.p95Ms).toBe(95);
    expect(summarise(rollbacks(...hundred.slice(0, 10))).rollback.p95Ms).toBe(10);
  });

  test('compares the halves by closing time, and of an odd number leaves the middle out', () => {
    const rows = rollbacks(100, 999, 400);

    expect(summarise(rows).rollback.trendMs).toBe(300);
    expect(summarise(rows.toReversed()).rollback).toEqual(summarise(rows).rollback);
  });

  test('does not count incidents without the phase', () => {
    expect(summarise(rollbacks(null, 100, null, 301)).rollback).toEqual({
      medianMs: 200.5,
      p95Ms: 301,
      withinObjective: 0.5,
      trendMs: 201,
    });
  });

  test('has no share for a phase without an objective', () => {
    const row = ledger({});
    const people = { ...row, phases: { ...row.phases, people: { actualMs: 5_000, objectiveMs: null } } };

    expect(summarise([people]).people).toEqual({
      medianMs: 5_000,
      p95Ms: 5_000,
      withinObjective: null,
      trendMs: null,
    });
  });
});

describe('an objective', () => {
  test('is met up to and with itself', () => {
    expect(isMet({ actualMs: 300, objectiveMs: 300 })).toBe(true);
    expect(isMet({ actualMs: 301, objectiveMs: 300 })).toBe(false);
    expect(isMet({ actualMs: null, objectiveMs: 300 })).toBeNull();
    expect(isMet({ actualMs: 300, objectiveMs: null })).toBeNull();
  });
});
