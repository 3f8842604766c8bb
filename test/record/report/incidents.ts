import { chainStart, link } from '../../../src/domain/chain.ts';
import type { Json } from '../../../src/domain/json.ts';
import { noMarks } from '../../../src/domain/incident.ts';
import type { IncidentView, SeriesView } from '../../../src/domain/ports/daemon.ts';
import type { Entry } from '../../../src/domain/ports/store.ts';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import type { ReportInput } from '../../../src/record/report/course.ts';
import { start } from '../../fakes/clock.ts';
import { anEffect, anIncident, aPlan, aRelease } from '../../fakes/daemon-views.ts';

/** Incidents as they happen, with everything that a daemon knows of them. */

type Told = readonly [seconds: number, type: string, message: string, facts?: Readonly<Record<string, Json>>];

/** A journal with a chain that holds; other incidents wrote the entries before it. */
export function journalOf(told: readonly Told[]): readonly Entry[] {
  let head = { ...chainStart, seq: 40 };
  return told.map(([seconds, type, message, facts = {}]) => {
    const entry = link(head, {
      at: start + seconds * SECOND,
      incident: 'i-7k3f9a',
      target: 'backend',
      type,
      message,
      facts,
    });
    head = entry;
    return entry;
  });
}

/** A reading each `every` seconds from `from` on; null is one that said nothing. */
export function valuesOf(
  from: number,
  every: number,
  values: readonly (number | null)[],
  say: (value: number) => string,
): SeriesView['readings'] {
  return values.map((value, index) => ({
    at: start + (from + index * every) * SECOND,
    value,
    verdict: value === null ? 'unknown' : 'value',
    detail: value === null ? 'prometheus: the connection was refused' : say(value),
  }));
}

const percent = (value: number): string => `${Number((value * 100).toPrecision(3))}% (of 1200 requests)`;

/** Rises when the release arrives, stays, and falls once it is taken back. */
const errorRate: SeriesView = {
  rule: 'layra/api-error-rate',
  subject: 'backend',
  summary: 'Share of API requests answered with 5xx',
  levels: [
    { severity: 'critical', condition: 'above 50% for 1m', threshold: 0.5 },
    { severity: 'high', condition: 'above 25% for 1m', threshold: 0.25 },
  ],
  readings: valuesOf(
    -120,
    10,
    [
      0.004,
      0.006,
      0.003,
      0.012,
      0.05,
      0.14,
      0.29,
      0.31,
      0.33,
      0.36,
      0.34,
      0.35,
      0.37,
      0.36,
      0.38,
      null,
      null,
      0.39,
      0.37,
      0.38,
      0.41,
      0.4,
      0.38,
      0.39,
      0.42,
      0.4,
      0.37,
      0.36,
      0.3,
      0.18,
      0.09,
      0.03,
      0.008,
      0.005,
      0.004,
      0.006,
      0.003,
      0.004,
      0.005,
    ],
    percent,
  ),
};
const health: SeriesView = {
  rule: 'layra/health-check',
  subject: 'backend',
  summary: 'The health endpoint answers UP',
  levels: [{ severity: 'critical', condition: '2 failures in a row', threshold: null }],
  readings: Array.from({ length: 39 }, (_, index) => {
    const failed = index === 13 || index === 26 || index === 27;
    return {
      at: start + (-120 + index * 10) * SECOND,
      value: null,
      verdict: index === 20 ? ('unknown' as const) : failed ? ('failed' as const) : ('passed' as const),
      detail: index === 20 ? 'getaddrinfo EAI_AGAIN' : failed ? 'HTTP 503' : 'HTTP 200, status UP',
    };
  }),
};
const latency: SeriesView = {
  rule: 'layra/latency-p95',
  subject: 'backend',
  summary: '95th percentile of the time an answer takes',
  levels: [{ severity: 'medium', condition: 'above 1.5s for 5m', threshold: 1.5 }],
  readings: valuesOf(
    -120,
    20,
    [0.31, 0.29, 0.35, 0.9, 1.3, 1.7, 1.8, 1.9, 1.7, 1.8, 2, 1.9, 1.8, 1.6, 0.8, 0.4, 0.33, 0.3, 0.31, 0.3],
    (value) => `${value}s`,
  ),
};

const from = aRelease({ name: 'shop:2', standing: 'unproven', because: 'baked 2m' });
const plan = aPlan({
  from,
  steps: ['capture 500 log lines of backend', 'recreate container backend from shop:1'],
  findings: [{ level: 'warn', step: 1, message: 'port 8090 is published: the old one stops first' }],
});
const level = {
  rule: 'layra/api-error-rate',
  subject: 'backend',
  severity: 'high',
  since: start - 60 * SECOND,
  firedAt: start,
  detail: '33% (of 1200 requests)',
  condition: 'above 25% for 1m',
  recoveredAt: start + 230 * SECOND,
} as const;

/** Asked, approved after 94 s, rolled back and verified. */
export const approved: IncidentView = anIncident({
  severity: 'high',
  state: 'closed',
  outcome: 'rolled_back',
  reason: 'rolled back and verified: layra/api-error-rate: 0.4%, good for 1m',
  openedAt: start,
  closedAt: start + 240 * SECOND,
  marks: {
    breachedAt: start - 60 * SECOND,
    detectedAt: start,
    decidedAt: start + 0.4 * SECOND,
    askedAt: start + 0.4 * SECOND,
    answeredAt: start + 94 * SECOND,
    firstEffectAt: start + 94 * SECOND,
    lastEffectAt: start + 158 * SECOND,
    verifiedAt: start + 240 * SECOND,
  },
  levels: [level],
  series: [errorRate, health, latency],
  decision: {
    action: 'ask',
    wanted: 'ask',
    halted: false,
    objections: [
      {
        guard: 'freeze',
        weakens: 'ask',
        approval: 'lifts',
        reason: 'frozen by bob until 14:00:00: sale',
      },
    ],
    reason: 'asks because HIGH on backend is for people to decide: from shop:2 to shop:1',
    playbook: 'layra/service',
    withinMs: 15 * MINUTE,
    otherwise: 'hand_over',
    needs: { people: 1, role: 'approver' },
  },
  question: {
    id: 'i-7k3f9a.1',
    ticket: 'q8Zc0w1mSx2fJ7kPqT5hVA',
    planDigest: '9f8e7d6c5b4a3210',
    askedAt: start + 0.4 * SECOND,
    dueAt: start + 900 * SECOND,
    prolongs: 3,
    halted: null,
    otherwise: 'hand_over',
    needs: { people: 1, role: 'approver' },
    answers: [{ by: 'alice', answer: 'approve', at: start + 94 * SECOND }],
    state: 'approved',
    endedBecause: '',
  },
  plan,
  effects: [
    anEffect({ startedAt: start + 94 * SECOND, endedAt: start + 95.2 * SECOND, detail: '500 lines' }),
    anEffect({
      step: 1,
      kind: 'docker.rollback',
      startedAt: start + 96 * SECOND,
      endedAt: start + 158 * SECOND,
      detail: 'backend runs shop:1, healthy after 41s',
    }),
  ],
  journal: journalOf([
    [0, 'incident.opened', 'HIGH on backend: layra/api-error-rate: 33%, above 25% for 1m, since 11:59:00'],
    [0, 'decided', 'asks because HIGH on backend is for people to decide: from shop:2 to shop:1'],
    [0, 'plan.built', 'plan 9f8e7d6c5b4a3210 by layra/service: shop:2 → shop:1, 2 steps'],
    [
      0,
      'question.asked',
      'may I roll backend back to shop:1? without an answer within 15m it is handed over',
    ],
    [61, 'answer.refused', 'the answer of mallory was refused: mallory is no approver', { by: 'mallory' }],
    [94, 'question.answered', 'approved by alice', { by: 'alice', answer: 'approve' }],
    [94, 'rollback.begun', 'rolling backend back, approved by alice'],
    [94, 'effect.started', 'step 1 of 2, evidence: started'],
    [95, 'effect.done', 'step 1 of 2, evidence: 500 lines'],
    [96, 'effect.started', 'step 2 of 2, docker.rollback: started'],
    [
      158,
      'effect.done',
      'step 2 of 2, docker.rollback: backend runs shop:1, healthy after 41s',
      { evidence: { 'orders records before': '10412', 'orders records after': '10409' } },
    ],
    [158, 'rollback.settling', 'every step is done; verifying after 5s'],
    [
      166,
      'phase.passed',
      'infrastructure: ✓ docker healthy (healthy), ✓ docker memory below 85% (41% of 512MiB)',
      { phase: 'infrastructure' },
    ],
    [171, 'phase.passed', 'connectivity: ✓ http health (HTTP 200)', { phase: 'connectivity' }],
    [171, 'rollback.confirming', "the incident's own rules must recover on fresh readings"],
    [230, 'level.recovered', 'layra/api-error-rate (HIGH) recovered: 0.5%; nothing fires any more'],
    [240, 'rollback.ended', 'recovered: layra/api-error-rate: 0.4%, good for 1m', { result: 'passed' }],
    [
      240,
      'incident.closed',
      'closed after 5m: rolled back and verified: layra/api-error-rate: 0.4%, good for 1m',
      { outcome: 'rolled_back', head: 'ab'.repeat(32) },
    ],
  ]),
  evidence: {
    'backend.log': [
      '2026-01-05T11:59:41Z ERROR checkout: relation "orders_v2" does not exist',
      '2026-01-05T11:59:41Z ERROR POST /api/v1/orders 500 in 12ms',
      '2026-01-05T11:59:43Z ERROR checkout: relation "orders_v2" does not exist',
    ].join('\n'),
    output: '/var/lib/rollbackd/output/7.log',
  },
  rto: {
    detection: { actualMs: 60_000, objectiveMs: 80_000 },
    decision: { actualMs: 400, objectiveMs: 120_000 },
    people: { actualMs: 93_600, objectiveMs: null },
    rollback: { actualMs: 64_000, objectiveMs: 60_000 },
    verification: { actualMs: 82_000, objectiveMs: 180_000 },
    total: { actualMs: 300_000, objectiveMs: 600_000 },
    total_without_people: { actualMs: 206_400, objectiveMs: 600_000 },
  },
});

const nothingDone = { firstEffectAt: null, lastEffectAt: null, verifiedAt: null, answeredAt: null } as const;
const untouchedRto = Object.fromEntries(
  Object.entries(approved.rto ?? {}).map(([phase, time]) => [
    phase,
    phase === 'detection' || phase === 'decision' ? time : { ...time, actualMs: null },
  ]),
) as NonNullable<IncidentView['rto']>;

/** Asked, and then it was gone before anybody answered. */
export const recovered: IncidentView = anIncident({
  ...approved,
  outcome: 'recovered',
  reason: 'recovered by itself',
  closedAt: start + 120 * SECOND,
  levels: [{ ...level, recoveredAt: start + 118 * SECOND }],
  marks: { ...approved.marks, ...nothingDone },
  question: approved.question && {
    ...approved.question,
    answers: [],
    state: 'withdrawn',
    endedBecause: 'it recovered by itself',
  },
  series: [
    {
      ...errorRate,
      readings: valuesOf(-120, 20, [0, 0.1, 0.3, 0.33, 0.31, 0.3, 0.3, 0.2, 0.1, 0, 0], percent),
    },
  ],
  effects: [],
  evidence: {},
  rto: untouchedRto,
  journal: journalOf([
    [0, 'incident.opened', 'HIGH on backend: layra/api-error-rate: 33%, above 25% for 1m, since 11:59:00'],
    [0, 'decided', 'asks because HIGH on backend is for people to decide: from shop:2 to shop:1'],
    [
      0,
      'question.asked',
      'may I roll backend back to shop:1? without an answer within 15m it is handed over',
    ],
    [118, 'level.recovered', 'layra/api-error-rate (HIGH) recovered: 0%; nothing fires any more'],
    [
      120,
      'incident.closed',
      'closed after 3m: it recovered by itself, nothing was rolled back',
      { outcome: 'recovered', head: 'cd'.repeat(32) },
    ],
  ]),
});

/** A CRITICAL one, rolled back by itself; its second step failed, the first was undone, and somebody took it. */
export const handedOver: IncidentView = anIncident({
  ...approved,
  severity: 'critical',
  state: 'handed_over',
  outcome: 'handed_over',
  reason:
    'recreate container backend from shop:1: the old release did not become healthy within 2m; shop:2 was put back',
  closedAt: start + 1_800 * SECOND,
  marks: {
    ...approved.marks,
    askedAt: null,
    answeredAt: null,
    firstEffectAt: start + 1 * SECOND,
    lastEffectAt: start + 123 * SECOND,
    verifiedAt: null,
  },
  levels: [{ ...level, severity: 'critical', condition: 'above 50% for 1m', recoveredAt: null }],
  series: [],
  question: null,
  decision: approved.decision && {
    ...approved.decision,
    action: 'rollback',
    wanted: 'rollback',
    objections: [],
    reason: 'rolls back: CRITICAL on backend, from shop:2 to shop:1',
  },
  effects: [
    anEffect({ startedAt: start + SECOND, endedAt: start + 2 * SECOND, detail: '500 lines' }),
    anEffect({
      step: 1,
      kind: 'docker.rollback',
      state: 'failed',
      startedAt: start + 2 * SECOND,
      endedAt: start + 122 * SECOND,
      detail: 'unhealthy after 2m',
    }),
    anEffect({
      step: 1,
      kind: 'docker.rollback',
      purpose: 'undo',
      startedAt: start + 122 * SECOND,
      endedAt: start + 123 * SECOND,
      detail: 'backend runs shop:2 again',
    }),
  ],
  evidence: {},
  rto: { ...untouchedRto, rollback: { actualMs: 122_000, objectiveMs: 300_000 } },
  journal: journalOf([
    [
      0,
      'incident.opened',
      'CRITICAL on backend: layra/api-error-rate: 61%, above 50% for 1m, since 11:59:00',
    ],
    [0, 'decided', 'rolls back: CRITICAL on backend, from shop:2 to shop:1'],
    [1, 'rollback.begun', 'rolling backend back, automatically'],
    [122, 'effect.failed', 'step 2 of 2, docker.rollback: unhealthy after 2m'],
    [122, 'rollback.undoing', 'a step failed; undoing what was done'],
    [
      123,
      'incident.handed_over',
      'handed over, backend is yours now: the old release did not become healthy',
    ],
    [1_800, 'incident.acknowledged', 'acknowledged by alice', { by: 'alice' }],
    [
      1_800,
      'incident.closed',
      'closed after 31m: acknowledged by alice; it had been handed over',
      { outcome: 'handed_over', head: 'ef'.repeat(32) },
    ],
  ]),
  byHand: ['docker logs --tail 100 backend', 'docker stop backend', 'docker run --name backend shop:1'],
});

/** Its target was taken out of the configuration. */
export const withdrawn: IncidentView = anIncident({
  ...recovered,
  outcome: 'withdrawn',
  reason: 'the target backend is not configured any more',
  closedAt: start + 30 * SECOND,
  levels: [{ ...level, recoveredAt: null }],
  series: [],
  journal: journalOf([
    [0, 'incident.opened', 'HIGH on backend: layra/api-error-rate: 33%, above 25% for 1m, since 11:59:00'],
    [
      30,
      'incident.closed',
      'closed after 1m30s: withdrawn: the target backend is not configured any more',
      { outcome: 'withdrawn', head: '01'.repeat(32) },
    ],
  ]),
});

/** A person asked for it, because of a regression that no rule saw. */
export const requested: IncidentView = anIncident({
  ...approved,
  rule: 'request/regression',
  levels: [],
  series: [],
  question: null,
  marks: {
    ...noMarks,
    breachedAt: start,
    detectedAt: start,
    decidedAt: start,
    firstEffectAt: start + SECOND,
    lastEffectAt: start + 60 * SECOND,
    verifiedAt: start + 70 * SECOND,
  },
  reason: 'rolled back and verified: verified by its checks',
  closedAt: start + 70 * SECOND,
  decision: approved.decision && {
    ...approved.decision,
    action: 'rollback',
    wanted: 'rollback',
    objections: [],
    reason: 'rolls back: alice approved it, from shop:2 to shop:1',
  },
  effects: [
    anEffect({
      step: 0,
      kind: 'mysql.backup',
      startedAt: start + SECOND,
      endedAt: start + 20 * SECOND,
      detail: '812MiB in /var/backups/shop',
    }),
    anEffect({
      step: 1,
      kind: 'docker.rollback',
      startedAt: start + 20 * SECOND,
      endedAt: start + 60 * SECOND,
    }),
  ],
  plan: aPlan({ from, steps: ['dump the database shop', 'recreate container backend from shop:1'] }),
  evidence: {},
  journal: journalOf([
    [0, 'incident.opened', 'HIGH on backend: request: a person asked for a rollback'],
    [
      0,
      'request.rollback',
      'alice asked for a rollback because of regression: totals are wrong',
      { by: 'alice' },
    ],
    [1, 'rollback.begun', 'rolling backend back, approved by alice'],
    [70, 'rollback.ended', 'recovered: verified by its checks', { result: 'passed' }],
    [
      70,
      'incident.closed',
      'closed after 1m10s: rolled back and verified: verified by its checks',
      { outcome: 'rolled_back', head: '23'.repeat(32) },
    ],
  ]),
});

/** The question is still open. */
export const open: IncidentView = anIncident({
  ...approved,
  state: 'asking',
  outcome: null,
  reason: 'asks because HIGH on backend is for people to decide: from shop:2 to shop:1',
  closedAt: null,
  levels: [{ ...level, recoveredAt: null }],
  marks: { ...approved.marks, ...nothingDone },
  question: approved.question && { ...approved.question, answers: [], state: 'open' },
  series: [{ ...errorRate, readings: errorRate.readings.slice(0, 18) }],
  effects: [],
  evidence: {},
  rto: untouchedRto,
  journal: approved.journal.slice(0, 5),
});

/** What a report of it is made from. */
export function inputOf(incident: IncidentView, given: Partial<ReportInput> = {}): ReportInput {
  const { seq, hash } = incident.journal.at(-1) ?? chainStart;
  return {
    incident,
    environment: 'production',
    now: start + 60 * SECOND,
    change: { release: 'shop:2', at: start - 130 * SECOND },
    head: { seq, hash },
    ...given,
  };
}
