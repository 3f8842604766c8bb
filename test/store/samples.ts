import type { Watch } from '../../src/domain/breach.ts';
import type { Effect } from '../../src/domain/effect.ts';
import { noMarks } from '../../src/domain/incident.ts';
import type { Message } from '../../src/domain/ports/channel.ts';
import type {
  IncidentRow,
  LedgerRow,
  NewEntry,
  ReadingRow,
  Serving,
  Snapshot,
} from '../../src/domain/ports/store.ts';
import type { Release } from '../../src/domain/release.ts';
import { start } from '../fakes/clock.ts';

/** Rows that are filled in everywhere, each to be varied by a test. */

export function incident(change: Partial<IncidentRow> = {}): IncidentRow {
  return {
    id: 'i-1',
    target: 'shop',
    severity: 'critical',
    rule: 'layra/api-error-rate',
    state: 'rolling_back',
    outcome: null,
    reason: '61% of requests failed for 1m',
    openedAt: start,
    closedAt: null,
    marks: { ...noMarks, breachedAt: start - 60_000, detectedAt: start },
    ...change,
  };
}

export function snapshot(): Snapshot {
  return {
    incident: 'i-1',
    machine: 'incident',
    version: 2,
    value: 'rolling_back',
    context: { levels: [{ rule: 'layra/api-error-rate' }], plan: null },
  };
}

export function effect(change: Partial<Effect> = {}): Effect {
  return {
    opId: 'i-1/abc/0/1',
    incident: 'i-1',
    step: 0,
    purpose: 'apply',
    generation: 1,
    kind: 'docker.rollback',
    effect: 'probe',
    state: 'started',
    epoch: 1,
    recoveries: 0,
    integrity: [],
    intentAt: start,
    startedAt: start + 1,
    endedAt: null,
    detail: '',
    ...change,
  };
}

export function watch(change: Partial<Watch> = {}): Watch {
  return {
    rule: 'layra/api-error-rate',
    subject: 'shop',
    ruleDigest: 'd1',
    armed: true,
    seen: true,
    unknownSince: null,
    blind: false,
    levels: {
      critical: {
        phase: 'pending',
        since: start,
        ageMs: 5_000,
        count: 2,
        firedAt: null,
        previous: { at: start, breaching: true },
        knownAt: start,
        recoverMs: 0,
        recoverCount: 0,
      },
    },
    ...change,
  };
}

export function release(): Release {
  return {
    id: 'r-0a1b2c3d4e5f',
    target: 'shop',
    components: [{ kind: 'image', value: 'sha256:1', label: 'shop:1', digests: ['shop@sha256:2'] }],
    standing: 'good',
    because: 'baked 10m',
    firstSeenAt: start - 10,
    servedAt: start,
    goodAt: start - 5,
    bakedMs: 600_000,
    barrier: null,
    sealed: 'c2VhbGVk',
  };
}

export function serving(): Serving {
  return { target: 'shop', release: 'r-0a1b2c3d4e5f', since: start, notBefore: start, opId: null };
}

export function entry(count: number, change: Partial<NewEntry> = {}): NewEntry {
  return {
    at: start + count,
    incident: 'i-1',
    target: 'shop',
    type: 'incident.opened',
    message: `fact ${count}`,
    facts: { count, severity: 'critical' },
    ...change,
  };
}

export function message(key: string, change: Partial<Message> = {}): Message {
  return {
    key,
    channel: 'slack',
    incident: 'i-1',
    at: start,
    title: `title ${key}`,
    text: 'the story',
    urgent: true,
    story: null,
    ...change,
  };
}

export function ledger(change: Partial<LedgerRow>): LedgerRow {
  const none = { actualMs: null, objectiveMs: null };
  return {
    incident: 'i-1',
    target: 'shop',
    severity: 'critical',
    rule: 'layra/api-error-rate',
    outcome: 'rolled_back',
    closedAt: start,
    phases: {
      detection: { actualMs: 60_000, objectiveMs: 70_000 },
      decision: { actualMs: 12, objectiveMs: 120_000 },
      people: none,
      rollback: { actualMs: 9_000, objectiveMs: 300_000 },
      verification: { actualMs: 41_000, objectiveMs: 180_000 },
      total: { actualMs: 110_012, objectiveMs: 600_000 },
      total_without_people: { actualMs: 110_012, objectiveMs: 600_000 },
    },
    data: null,
    ...change,
  };
}

export function reading(at: number, subject = 'shop'): ReadingRow {
  return {
    rule: 'layra/api-error-rate',
    subject,
    reading: { kind: 'value', at, value: 0.612, detail: '61.2% of requests' },
  };
}
