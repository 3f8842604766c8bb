import type { Effect } from '../../src/domain/effect.ts';
import { noMarks } from '../../src/domain/incident.ts';
import type {
  IncidentView,
  LevelView,
  PlanView,
  ReleaseView,
  RuleView,
  StatusView,
  TargetView,
} from '../../src/domain/ports/daemon.ts';
import type { RtoView } from '../../src/domain/ports/rto.ts';
import { rtoPhases, type Entry, type IncidentRow } from '../../src/domain/ports/store.ts';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { start } from './clock.ts';

/** Views with everything filled in; a test says only what it is about. */

export const emptyStatus: StatusView = {
  version: '0.1.0',
  environment: 'production',
  mode: 'auto',
  now: start,
  startedAt: start - 3 * HOUR,
  halted: null,
  configuration: { digest: 'c0ffee', loadedAt: start - 3 * HOUR, lastReloadFailed: null },
  blind: [],
  scrape: { insteadOf: null, pages: [] },
  unknownSeries: {},
  targets: [],
  hosts: [],
  open: [],
};

export const emptyRto: RtoView = {
  incidents: 0,
  rows: [],
  data: null,
  summary: Object.fromEntries(
    rtoPhases.map((phase) => [phase, { medianMs: null, p95Ms: null, withinObjective: null, trendMs: null }]),
  ) as RtoView['summary'],
};

export function aRelease(given: Partial<ReleaseView> & { readonly name: string }): ReleaseView {
  const id = `r-${given.name.replace(/\W/g, '')}`;
  return {
    id,
    components: [{ kind: 'image', value: `sha256:${id}`, label: given.name }],
    standing: 'good',
    because: 'baked 10m',
    current: false,
    lastGood: false,
    bakedMs: 10 * MINUTE,
    barrier: null,
    firstSeenAt: start - 26 * HOUR,
    servedAt: start - 10 * MINUTE,
    ...given,
  };
}

export function aTarget(given: Partial<TargetView> & { readonly name: string }): TargetView {
  return {
    mode: 'auto',
    current: aRelease({ name: 'shop:1', current: true }),
    lastGood: aRelease({ name: 'shop:0', lastGood: true }),
    noWayBack: null,
    bakeMs: 10 * MINUTE,
    incident: null,
    deploying: false,
    migration: null,
    graceUntil: null,
    frozen: null,
    rules: [],
    ...given,
  };
}

export function aLevel(given: Partial<LevelView>): LevelView {
  return {
    severity: 'critical',
    condition: 'above 50% for 1m',
    phase: 'clear',
    since: null,
    progress: '',
    ...given,
  };
}

export function aRule(given: Partial<RuleView> & { readonly rule: string }): RuleView {
  return {
    subject: 'backend',
    summary: 'Share of API requests answered with 5xx',
    verdict: 'ok',
    detail: '0% of requests',
    readAt: start - 1000,
    armed: true,
    silenced: false,
    mode: 'auto',
    levels: [aLevel({})],
    ...given,
  };
}

export function aPlan(given: Partial<PlanView>): PlanView {
  return {
    target: 'backend',
    playbook: 'layra/service',
    digest: '9f8e7d6c5b4a3210',
    from: aRelease({ name: 'shop:2', standing: 'unproven', because: 'baked 2m' }),
    to: aRelease({ name: 'shop:1' }),
    risk: 'disruptive',
    steps: ['capture 500 log lines of backend', 'recreate container backend from shop:1'],
    destroys: [],
    verification: [],
    findings: [],
    refusal: null,
    ...given,
  };
}

export function anEffect(given: Partial<Effect>): Effect {
  return {
    opId: `i-7k3f9a/9f8e7d6c5b4a3210/${given.step ?? 0}/1`,
    incident: 'i-7k3f9a',
    step: 0,
    purpose: 'apply',
    generation: 1,
    kind: 'evidence',
    effect: 'probe',
    state: 'done',
    epoch: 1,
    recoveries: 0,
    integrity: [],
    intentAt: start,
    startedAt: start,
    endedAt: start,
    detail: '',
    ...given,
  };
}

export function anEntry(given: Partial<Entry>): Entry {
  return {
    seq: 1,
    at: start,
    incident: 'i-7k3f9a',
    target: 'backend',
    type: 'incident.opened',
    message: '',
    facts: {},
    previousHash: '00',
    hash: '01',
    ...given,
  };
}

export function aRow(given: Partial<IncidentRow>): IncidentRow {
  return {
    id: 'i-7k3f9a',
    target: 'backend',
    severity: 'critical',
    rule: 'layra/api-error-rate',
    state: 'rolling_back',
    outcome: null,
    reason: 'layra/api-error-rate: 61.2% of requests',
    openedAt: start - 2 * MINUTE,
    closedAt: null,
    marks: noMarks,
    ...given,
  };
}

export function anIncident(given: Partial<IncidentView>): IncidentView {
  return {
    ...aRow({}),
    levels: [],
    series: [],
    decision: null,
    question: null,
    plan: null,
    effects: [],
    journal: [],
    readings: [],
    evidence: {},
    rto: null,
    integrity: [],
    data: null,
    byHand: [],
    ...given,
  };
}
