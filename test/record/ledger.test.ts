import { describe, expect, test } from 'vitest';
import { noMarks, type Marks } from '../../src/domain/incident.ts';
import type { LedgerRow } from '../../src/domain/ports/store.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { ledgerRow, type LedgerInput } from '../../src/record/ledger.ts';
import { start } from '../fakes/clock.ts';

/** A CRITICAL rollback without a question, times in ms after `start`. */
const marks: Marks = {
  ...noMarks,
  breachedAt: start,
  detectedAt: start + 60_000,
  decidedAt: start + 60_012,
  firstEffectAt: start + 60_500,
  lastEffectAt: start + 69_500,
  verifiedAt: start + 110_500,
};

function row(changed: Partial<Marks> = {}, more: Partial<LedgerInput> = {}): LedgerRow {
  return ledgerRow({
    incident: 'i-1',
    target: 'shop',
    severity: 'critical',
    rule: 'layra/api-error-rate',
    outcome: 'rolled_back',
    closedAt: start + 110_500,
    marks: { ...marks, ...changed },
    forMs: MINUTE,
    everyMs: 5 * SECOND,
    objectives: null,
    data: null,
    ...more,
  });
}

describe('a line of the ledger', () => {
  test('holds every phase of a rollback against its objective', () => {
    expect(row()).toEqual({
      incident: 'i-1',
      target: 'shop',
      severity: 'critical',
      rule: 'layra/api-error-rate',
      outcome: 'rolled_back',
      closedAt: start + 110_500,
      phases: {
        detection: { actualMs: 60_000, objectiveMs: 70_000 },
        decision: { actualMs: 12, objectiveMs: 120_000 },
        people: { actualMs: null, objectiveMs: null },
        rollback: { actualMs: 9_000, objectiveMs: 300_000 },
        verification: { actualMs: 41_000, objectiveMs: 180_000 },
        total: { actualMs: 110_500, objectiveMs: 600_000 },
        total_without_people: { actualMs: 110_500, objectiveMs: 600_000 },
      },
      data: null,
    });
  });

  test('takes the objectives of the playbook where it states them', () => {
    const { phases } = row({}, { objectives: { rollbackMs: 1, verificationMs: 2, totalMs: 3 } });

    expect(phases.rollback.objectiveMs).toBe(1);
    expect(phases.verification.objectiveMs).toBe(2);
    expect(phases.total.objectiveMs).toBe(3);
    expect(phases.total_without_people.objectiveMs).toBe(3);
    expect(phases.decision.objectiveMs).toBe(120_000);
  });

  test.each([
    { forMs: 0, everyMs: 5 * SECOND, objectiveMs: MINUTE },
    { forMs: 40 * SECOND, everyMs: 10 * SECOND, objectiveMs: MINUTE },
    { forMs: 40 * SECOND, everyMs: 11 * SECOND, objectiveMs: 62 * SECOND },
    { forMs: 5 * MINUTE, everyMs: 15 * SECOND, objectiveMs: 330 * SECOND },
  ])(
    'detection may take for + 2 × every, at least 1 m: $forMs, $everyMs',
    ({ forMs, everyMs, objectiveMs }) => {
      expect(row({}, { forMs, everyMs }).phases.detection.objectiveMs).toBe(objectiveMs);
    },
  );
});

describe('people', () => {
  test('have their own time, which is in the total and apart from it', () => {
    const { phases } = row({
      askedAt: start + 60_100,
      answeredAt: start + 360_100,
      firstEffectAt: start + 361_000,
      lastEffectAt: start + 370_000,
      verifiedAt: start + 400_000,
    });

    expect(phases.decision.actualMs).toBe(12);
    expect(phases.people.actualMs).toBe(300_000);
    expect(phases.total.actualMs).toBe(400_000);
    expect(phases.total_without_people.actualMs).toBe(100_000);
  });

  test('are left out of a decision that was taken after their answer', () => {
    const { phases } = row({
      askedAt: start + 61_000,
      answeredAt: start + 161_000,
      decidedAt: start + 161_500,
    });

    expect(phases.decision.actualMs).toBe(1_500);
    expect(phases.people.actualMs).toBe(100_000);
  });

  test('who never answered took the time until something was done without them', () => {
    const byDecision = row({ askedAt: start + 61_000, decidedAt: start + 961_000 });
    const byEffect = row({ askedAt: start + 60_100, firstEffectAt: start + 960_100 });
    const never = row({ askedAt: start + 60_100, firstEffectAt: null });

    expect(byDecision.phases.people.actualMs).toBe(900_000);
    expect(byDecision.phases.decision.actualMs).toBe(1_000);
    expect(byEffect.phases.people.actualMs).toBe(900_000);
    expect(never.phases.people.actualMs).toBeNull();
  });

  test('took no time when they acted before a question was asked, or were asked about an earlier level', () => {
    expect(row({ answeredAt: start + 60_200 }).phases.people.actualMs).toBeNull();
    expect(row({ askedAt: start + 59_999, answeredAt: start + 61_000 }).phases.people.actualMs).toBeNull();
  });
});

describe('phases that did not happen', () => {
  test('are null, and their objectives stay', () => {
    const { phases } = row(
      { firstEffectAt: null, lastEffectAt: null, verifiedAt: null },
      { outcome: 'recovered' },
    );

    expect(phases.rollback).toEqual({ actualMs: null, objectiveMs: 300_000 });
    expect(phases.verification).toEqual({ actualMs: null, objectiveMs: 180_000 });
    expect(phases.total).toEqual({ actualMs: null, objectiveMs: 600_000 });
    expect(phases.total_without_people).toEqual({ actualMs: null, objectiveMs: 600_000 });
  });

  test('leave the total to begin at the request where a person asked and nothing breached', () => {
    const { phases } = row({ breachedAt: null });

    expect(phases.detection.actualMs).toBeNull();
    expect(phases.total.actualMs).toBe(50_500);
  });

  test('are never negative when the clock was set back between two lives', () => {
    const { phases } = row({ lastEffectAt: start, verifiedAt: start - 1, decidedAt: start });

    expect(phases.rollback.actualMs).toBe(0);
    expect(phases.verification.actualMs).toBe(0);
    expect(phases.decision.actualMs).toBe(0);
    expect(phases.total.actualMs).toBe(0);
  });
});
