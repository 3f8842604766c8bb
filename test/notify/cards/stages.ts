import type { Decision, FiredLevel } from '../../../src/domain/incident.ts';
import { noMarks } from '../../../src/domain/incident.ts';
import type { Contact } from '../../../src/domain/notification.ts';
import type { IncidentView, QuestionView, SeriesView } from '../../../src/domain/ports/daemon.ts';
import type { LedgerRow } from '../../../src/domain/ports/store.ts';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import type { CardView } from '../../../src/notify/slack/card/view.ts';
import { start } from '../../fakes/clock.ts';
import { anEffect, anEntry, anIncident, aPlan } from '../../fakes/daemon-views.ts';

/** The stages that an incident passes through, as its card is made from them. */

export const breachedAt = start;
const openedAt = start + 60 * SECOND;
const digest = '9f8e7d6c5b4a3210';

export const contacts: readonly Contact[] = [
  { role: 'on_call', name: 'alice', slack: 'U0ALICE', email: null, phone: '+49 30 123456' },
  { role: 'dba', name: 'bob', slack: null, email: 'bob@example.org', phone: null },
];

const level: FiredLevel = {
  rule: 'layra/api-error-rate',
  subject: 'backend',
  severity: 'high',
  since: breachedAt,
  firedAt: openedAt,
  detail: '61.2% of requests',
  condition: 'above 50% for 1m',
  recoveredAt: null,
};

export const memory: FiredLevel = {
  ...level,
  rule: 'layra/memory',
  severity: 'medium',
  detail: '88% of 512MiB',
  condition: 'above 85% for 5m',
};

const values = [0, 0.01, 0, 0.02, 0.1, 0.31, 0.52, 0.6, 0.66, 0.61, null, 0.63, 0.61];

export const series: SeriesView = {
  rule: level.rule,
  subject: 'backend',
  summary: 'Share of API requests answered with 5xx',
  levels: [{ severity: 'high', condition: level.condition, threshold: 0.5 }],
  readings: values.map((value, index) => ({
    at: breachedAt + (index - 6) * 5 * SECOND,
    value,
    verdict: value === null ? 'unknown' : 'value',
    detail: value === null ? 'prometheus did not answer' : `${value * 100}% of requests`,
  })),
};

const decision: Decision = {
  action: 'ask',
  wanted: 'ask',
  halted: false,
  objections: [],
  reason: 'HIGH asks people before it rolls back',
  playbook: 'layra/service',
  withinMs: 15 * MINUTE,
  otherwise: 'hand_over',
  needs: { people: 1, role: 'approver' },
};

export const plan = aPlan({
  digest,
  verification: [
    'infrastructure within 2m: docker healthy, docker memory below 85%',
    'connectivity within 1m: http /api/v1/health/check',
    "the incident's own rules recover on fresh readings, looked at from 5s after the last step",
  ],
  findings: [{ level: 'warn', step: 1, message: 'the image of shop:1 is 26 days old' }],
});

const times = (actual: Partial<Record<keyof LedgerRow['phases'], number>>): LedgerRow['phases'] => {
  const time = (phase: keyof LedgerRow['phases'], objectiveMs: number | null) => ({
    actualMs: actual[phase] ?? null,
    objectiveMs,
  });
  return {
    detection: time('detection', 70 * SECOND),
    decision: time('decision', 2 * MINUTE),
    people: time('people', null),
    rollback: time('rollback', 5 * MINUTE),
    verification: time('verification', 3 * MINUTE),
    total: time('total', 10 * MINUTE),
    total_without_people: time('total_without_people', 10 * MINUTE),
  };
};

export function question(given: Partial<QuestionView> = {}): QuestionView {
  return {
    id: 'i-7k3f9a.1',
    ticket: 'pKzX0Yw1S3uN7bQmRr5t2A',
    planDigest: digest,
    askedAt: openedAt + SECOND,
    dueAt: openedAt + SECOND + 15 * MINUTE,
    prolongs: 3,
    halted: null,
    otherwise: 'hand_over',
    needs: { people: 1, role: 'approver' },
    answers: [],
    state: 'open',
    endedBecause: '',
    ...given,
  };
}

export function view(given: Partial<IncidentView>, more: Partial<CardView> = {}): CardView {
  const incident = anIncident({
    severity: 'high',
    state: 'asking',
    reason: decision.reason,
    openedAt,
    levels: [level],
    series: [series],
    marks: { ...noMarks, breachedAt, detectedAt: openedAt },
    ...given,
  });
  return { incident, contacts, page: null, now: openedAt + MINUTE, ...more };
}

const marks = { ...noMarks, breachedAt, detectedAt: openedAt, askedAt: openedAt + SECOND };
const asking = {
  state: 'asking',
  decision,
  plan,
  question: question(),
  marks,
  rto: times({ detection: 60_000, decision: 1_000 }),
};
const answeredAt = openedAt + 4 * MINUTE;
const alice = { by: 'alice', answer: 'approve', at: answeredAt } as const;
const destructive = aPlan({
  ...plan,
  playbook: 'layra/restore',
  risk: 'destructive-data',
  steps: ['stop backend', 'replace the rows of table orders with the snapshot of 11:00'],
  destroys: ['replace the rows of table orders with the snapshot of 11:00'],
});
const two = { people: 2, role: 'dba' } as const;
const rolling = {
  ...asking,
  state: 'rolling_back',
  reason: 'approved by alice',
  question: question({ state: 'approved', answers: [alice] }),
  marks: { ...marks, answeredAt, decidedAt: answeredAt, firstEffectAt: answeredAt + 2 * SECOND },
  rto: times({ detection: 60_000, decision: 1_000, people: 239_000 }),
};
const begun = anEntry({ type: 'rollback.begun', at: answeredAt });
const evidence = anEffect({
  opId: `i-7k3f9a/${digest}/0/1`,
  startedAt: answeredAt + 2 * SECOND,
  endedAt: answeredAt + 4 * SECOND,
});
const recreate = anEffect({
  opId: `i-7k3f9a/${digest}/1/1`,
  step: 1,
  kind: 'docker.rollback',
  state: 'started',
  startedAt: answeredAt + 4 * SECOND,
  endedAt: null,
});
const recreated = { ...recreate, state: 'done', endedAt: answeredAt + 16 * SECOND } as const;
const closedAt = answeredAt + 3 * MINUTE;
const head = '3f1c9a7e5b2d4c6a8e0f1b3d5a7c9e1f3b5d7a9c1e3f5b7d9a1c3e5f7b9d1a3c';
const closing = anEntry({ type: 'incident.closed', at: closedAt, facts: { head } });

/** By the name of its fixture. */
export const stages: Readonly<Record<string, CardView>> = {
  opened: view({ state: 'judging', reason: 'layra/api-error-rate: 61.2% of requests' }),
  investigating: view({
    state: 'investigating',
    severity: 'medium',
    levels: [{ ...level, severity: 'medium' }, memory],
    decision: { ...decision, action: 'investigate', reason: 'MEDIUM: people look at it' },
  }),
  asking: view(
    { ...asking, levels: [level, memory] },
    { page: 'https://rollbackd.example/approve/pKzX0Y?s=1' },
  ),
  'asking-destructive': view({
    ...asking,
    plan: destructive,
    question: question({ needs: two, otherwise: 'monitor', answers: [alice] }),
  }),
  prolonged: view({ ...asking, question: question({ prolongs: 2, dueAt: openedAt + SECOND + 25 * MINUTE }) }),
  'asking-halted': view({ ...asking, question: question({ halted: 'halted by bob: inventory' }) }),
  'rolling-back': view({ ...rolling, journal: [begun], effects: [evidence, recreate] }),
  verifying: view({
    ...rolling,
    journal: [
      begun,
      anEntry({ type: 'rollback.settling' }),
      anEntry({ type: 'phase.passed', facts: { phase: 'infrastructure' } }),
    ],
    effects: [evidence, recreated],
  }),
  failed: view({
    ...rolling,
    journal: [begun, anEntry({ type: 'rollback.undoing' })],
    effects: [evidence, { ...recreated, state: 'failed', detail: 'docker: no space left on device' }],
  }),
  'handed-over': view({
    ...rolling,
    state: 'handed_over',
    outcome: 'handed_over',
    reason: 'step 2 of 2, docker.rollback: no space left on device',
    journal: [begun],
    effects: [evidence, { ...recreated, state: 'failed', detail: 'docker: no space left on device' }],
    byHand: ['docker rm -f backend', 'docker run -d --name backend shop:1'],
  }),
  'handed-over-by-a-person': view({
    ...asking,
    state: 'handed_over',
    outcome: 'handed_over',
    reason: 'alice takes it over',
    question: question({ state: 'handed_over', answers: [{ ...alice, answer: 'hand_over' }] }),
  }),
  rejected: view({
    ...asking,
    state: 'monitoring',
    reason: 'rejected by alice',
    question: question({ state: 'rejected', answers: [{ ...alice, answer: 'reject' }] }),
  }),
  expired: view({
    ...asking,
    state: 'handed_over',
    outcome: 'handed_over',
    reason: 'nobody answered within 15m',
    question: question({ state: 'expired' }),
    byHand: ['docker rm -f backend', 'docker run -d --name backend shop:1'],
  }),
  superseded: view({
    ...asking,
    severity: 'critical',
    state: 'judging',
    question: question({
      state: 'superseded',
      endedBecause: 'it became worse: layra/api-error-rate is CRITICAL',
    }),
  }),
  recovered: view({
    ...asking,
    state: 'closed',
    outcome: 'recovered',
    closedAt,
    reason: 'layra/api-error-rate recovered',
    question: question({ state: 'withdrawn', endedBecause: 'layra/api-error-rate recovered' }),
    journal: [closing],
    rto: times({ detection: 60_000, decision: 1_000, total: 480_000 }),
  }),
  'rolled-back': view({
    ...rolling,
    state: 'closed',
    outcome: 'rolled_back',
    closedAt,
    reason: 'layra/api-error-rate: 0% of requests for 1m',
    levels: [{ ...level, recoveredAt: closedAt }],
    journal: [begun, anEntry({ type: 'rollback.settling' }), closing],
    effects: [evidence, recreated],
    rto: times({
      detection: 60_000,
      decision: 1_000,
      people: 239_000,
      rollback: 14_000,
      verification: 190_000,
      total: 480_000,
      total_without_people: 241_000,
    }),
  }),
  'unknown-release': view({
    state: 'handed_over',
    outcome: 'handed_over',
    reason: 'hands over: no other release of backend is known to be good',
    decision: {
      ...decision,
      action: 'hand_over',
      reason: 'hands over: no other release of backend is known to be good',
    },
  }),
  halted: view({
    ...asking,
    severity: 'critical',
    state: 'halted',
    question: null,
    plan: null,
    decision: { ...decision, halted: true, reason: 'waits: halted by carol: maintenance' },
    reason: 'waits: halted by carol: maintenance',
  }),
};
