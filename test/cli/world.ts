import type { IncidentView, StatusView } from '../../src/domain/ports/daemon.ts';
import { noMarks } from '../../src/domain/incident.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { start } from '../fakes/clock.ts';
import {
  aLevel,
  anEffect,
  anEntry,
  anIncident,
  aPlan,
  aRelease,
  aRow,
  aRule,
  aTarget,
  emptyStatus,
} from '../fakes/daemon-views.ts';

/** A bad night: one rollback under way, one question open, one target that is fine. */

const good = aRelease({ name: 'shop:1', lastGood: true });
const bad = aRelease({
  name: 'shop:2',
  standing: 'unproven',
  because: 'baked 2m',
  bakedMs: 2 * MINUTE,
  current: true,
});
const web = aRelease({ name: 'web:7', current: true });

const errorRate = aRule({
  rule: 'layra/api-error-rate',
  verdict: 'breach',
  detail: '61.2% of requests',
  levels: [
    aLevel({ phase: 'firing', since: start - 3 * MINUTE, progress: '1m of 1m' }),
    aLevel({
      severity: 'medium',
      condition: 'above 10% for 5m',
      phase: 'pending',
      since: start - 3 * MINUTE,
      progress: '3m of 5m',
    }),
  ],
});
const memory = aRule({
  rule: 'layra/memory',
  summary: 'Memory of the container',
  verdict: 'breach',
  detail: '96% of 512MiB',
  levels: [
    aLevel({
      condition: 'above 95% for 2m',
      phase: 'pending',
      since: start - 40 * SECOND,
      progress: '40s of 2m',
    }),
  ],
});
const latency = aRule({ rule: 'layra/latency', verdict: 'no_data', detail: 'empty result' });
const pool = aRule({
  rule: 'layra/database-pool',
  verdict: 'breach',
  detail: '100%',
  armed: false,
  levels: [
    aLevel({
      condition: 'at least 100% for 30s',
      phase: 'pending',
      since: start - 10 * SECOND,
      progress: '10s of 30s',
    }),
  ],
});

export const badRow = aRow({});
export const askingRow = aRow({
  id: 'i-8a2b1c',
  target: 'frontend',
  severity: 'high',
  state: 'asking',
  reason: 'layra/api-5xx: 31% of requests',
  openedAt: start - 5 * MINUTE,
});

export const badNight: StatusView = {
  ...emptyStatus,
  halted: 'by alice since 11:58:00: moving the database',
  blind: ['prometheus'],
  scrape: {
    insteadOf: {
      source: 'prometheus',
      since: start - 4 * MINUTE,
      detail: 'POST http://prometheus:9090/api/v1/query: the connection was refused',
    },
    pages: [
      {
        name: 'backend',
        url: 'http://layra-backend:8090/metrics',
        last: { at: start, durationMs: 3, samples: 812, bytes: 90_000, problem: null, note: null },
      },
      {
        name: 'queue',
        url: 'http://queue:9100/metrics',
        last: {
          at: start,
          durationMs: 1,
          samples: 0,
          bytes: 0,
          problem: 'GET http://queue:9100/metrics answered 503, expected 200',
          note: null,
        },
      },
    ],
  },
  unknownSeries: { 'service=old-shop': 2 },
  configuration: { ...emptyStatus.configuration, lastReloadFailed: 'rules.yaml:3:1 unknown key levls' },
  open: [badRow, askingRow],
  hosts: [aRule({ rule: 'layra/disk-space', subject: 'host:a', detail: '41% free' })],
  targets: [
    aTarget({
      name: 'backend',
      current: bad,
      lastGood: good,
      incident: 'i-7k3f9a',
      deploying: true,
      graceUntil: start + 20 * SECOND,
      rules: [
        aRule({ rule: 'layra/health-check', detail: 'HTTP 200' }),
        pool,
        latency,
        memory,
        errorRate,
        aRule({ rule: 'layra/login', verdict: 'never_seen', detail: '' }),
      ],
    }),
    aTarget({
      name: 'frontend',
      current: web,
      lastGood: null,
      noWayBack: 'no other release of frontend has run here and been proven good',
      frozen: 'by bob until 14:00:00: sale',
      incident: 'i-8a2b1c',
    }),
    aTarget({
      name: 'search',
      mode: 'approve',
      current: null,
      lastGood: web,
      rules: [aRule({ rule: 'layra/health-check' })],
    }),
  ],
};

export const asked: IncidentView = anIncident({
  ...askingRow,
  plan: aPlan({ target: 'frontend' }),
  question: {
    id: 'q-1',
    planDigest: '9f8e7d6c5b4a3210',
    ticket: 'q8Zc0w1mSx2fJ7kPqT5hVA',
    askedAt: start,
    prolongs: 3,
    halted: null,
    endedBecause: '',
    dueAt: start + 10 * MINUTE,
    otherwise: 'rollback',
    needs: { people: 1, role: 'approver' },
    answers: [],
    state: 'open',
  },
});

export const rolledBack: IncidentView = anIncident({
  state: 'handed_over',
  outcome: 'handed_over',
  reason:
    'recreate container backend from shop:1: the old release did not become healthy within 2m; shop:2 was put back',
  openedAt: start - 4 * MINUTE,
  closedAt: null,
  levels: [
    {
      rule: 'layra/api-error-rate',
      subject: 'backend',
      severity: 'critical',
      since: start - 5 * MINUTE,
      firedAt: start - 4 * MINUTE,
      detail: '61.2% of requests',
      condition: 'above 50% for 1m',
      recoveredAt: null,
    },
    {
      rule: 'layra/memory',
      subject: 'host:a',
      severity: 'medium',
      since: start - 5 * MINUTE,
      firedAt: start - 4 * MINUTE,
      detail: '88% of 512MiB',
      condition: 'above 85% for 1m',
      recoveredAt: start - 1 * MINUTE,
    },
  ],
  decision: {
    action: 'ask',
    wanted: 'rollback',
    halted: false,
    objections: [
      {
        guard: 'already_firing',
        weakens: 'ask',
        approval: 'lifts',
        reason: 'layra/api-error-rate fired before shop:2 arrived: the release may not be the cause',
      },
      {
        guard: 'destructive_data',
        weakens: 'ask',
        approval: 'needs_dba',
        reason: 'step 2 drops a table',
      },
    ],
    reason: 'CRITICAL wants a rollback; two guards make it a question',
    playbook: 'layra/service',
    withinMs: 15 * MINUTE,
    otherwise: 'hand_over',
    needs: { people: 2, role: 'dba' },
  },
  question: {
    id: 'q-1',
    planDigest: '9f8e7d6c5b4a3210',
    ticket: 'q8Zc0w1mSx2fJ7kPqT5hVA',
    askedAt: start,
    prolongs: 3,
    halted: null,
    endedBecause: '',
    dueAt: start + 10 * MINUTE,
    otherwise: 'hand_over',
    needs: { people: 2, role: 'dba' },
    answers: [{ by: 'dora', answer: 'approve', at: start - 3 * MINUTE }],
    state: 'approved',
  },
  plan: aPlan({ findings: [{ level: 'warn', step: 1, message: 'port 8090 is published: stop first' }] }),
  effects: [
    anEffect({ startedAt: start - 170 * SECOND, endedAt: start - 169 * SECOND }),
    anEffect({
      step: 1,
      kind: 'docker.rollback',
      state: 'failed',
      startedAt: start - 168 * SECOND,
      endedAt: start - 48 * SECOND,
      detail: 'unhealthy after 2m',
    }),
    anEffect({
      step: 1,
      kind: 'docker.rollback',
      purpose: 'undo',
      startedAt: start - 48 * SECOND,
      endedAt: start - 45 * SECOND,
    }),
  ],
  journal: [
    anEntry({ at: start - 26 * HOUR, type: 'release.seen', message: 'shop:2 arrived' }),
    anEntry({ at: start - 4 * MINUTE, message: 'opened: layra/api-error-rate above 50% for 1m' }),
    anEntry({
      at: start - 48 * SECOND,
      type: 'phase.failed',
      message: 'infrastructure: docker healthy: starting',
    }),
  ],
  evidence: { 'backend.log': 'first line\nsecond line\n', output: '/var/lib/rollbackd/output/7.log' },
  marks: { ...noMarks, breachedAt: start - 5 * MINUTE, detectedAt: start - 4 * MINUTE },
  rto: {
    detection: { actualMs: 60_000, objectiveMs: 70_000 },
    decision: { actualMs: 400, objectiveMs: 120_000 },
    people: { actualMs: 60_000, objectiveMs: null },
    rollback: { actualMs: 420_000, objectiveMs: 300_000 },
    verification: { actualMs: null, objectiveMs: 180_000 },
    total: { actualMs: null, objectiveMs: 600_000 },
    total_without_people: { actualMs: null, objectiveMs: 600_000 },
  },
  byHand: ['docker stop backend', 'docker run --name backend shop:1'],
});
