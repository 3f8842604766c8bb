import { describe, expect, test } from 'vitest';
import type { ApprovalEvent, ApprovalInput } from '../../state-machines/approval.machine.ts';
import type { IncidentEvent } from '../../state-machines/incident.context.ts';
import { dueEffect, type RollbackEvent } from '../../state-machines/rollback.context.ts';
import { approvals, fromSnapshot, incidents, rollbacks, type Resting } from '../../src/engine/machines.ts';
import { question, replacing, rolling } from './explorations.ts';
import { at, bySignals, byPerson, criticalLead, decision, highLead, level, plan } from './incident-events.ts';

const alice = { name: 'alice', role: 'approver' } as const;
const judged = (...[action, halted]: Parameters<typeof decision>): IncidentEvent => ({
  type: 'judged',
  at,
  decision: decision(action, halted),
});
const planned = (action: Parameters<typeof decision>[0]): IncidentEvent => ({
  type: 'planned',
  at,
  plan,
  decision: decision(action),
});
const approved: IncidentEvent = { type: 'approved', at, by: alice, reason: 'approved', request: null };
const named: IncidentEvent = { ...approved, request: { named: 'v0', playbook: null } };
const begun: IncidentEvent = { type: 'begun', at, plan, pinned: [] };
const worse: IncidentEvent = {
  type: 'fired',
  at,
  level: level(criticalLead),
  lead: criticalLead,
  worse: true,
};
const recovered: IncidentEvent = { type: 'recovered', at, ...highLead, lead: null };
const voided: IncidentEvent = { type: 'voided', at, reason: 'the facts changed' };
const rejected: IncidentEvent = { type: 'rejected', at, by: 'alice', reason: 'rejected by alice' };
const takenOver: IncidentEvent = { type: 'takenOver', at, by: 'alice', reason: 'handed over' };
const asking = [judged('ask'), planned('ask')];
const rollingBack = [judged('rollback'), planned('rollback'), begun];
const expired = (otherwise: 'rollback' | 'monitor' | 'investigate' | 'hand_over'): IncidentEvent => ({
  type: 'expired',
  at,
  otherwise,
  reason: 'nobody answered',
});

function incidentAfter(events: readonly IncidentEvent[], input = bySignals) {
  return events.reduce((state, event) => incidents.step(state, event), incidents.begin(input));
}

describe('an incident', () => {
  test.each<[string, readonly IncidentEvent[]]>([
    ['judging', []],
    ['planning', [judged('rollback')]],
    ['planning', [judged('ask')]],
    ['monitoring', [judged('monitor')]],
    ['investigating', [judged('investigate')]],
    ['handed_over', [judged('hand_over')]],
    ['halted', [judged('monitor', true)]],
    ['judging', [judged('monitor', true), { type: 'unhalted', at }]],
    ['starting', [judged('rollback'), planned('rollback')]],
    ['asking', asking],
    ['monitoring', [judged('rollback'), planned('monitor')]],
    ['handed_over', [judged('rollback'), { type: 'refused', at, reason: 'no release' }]],
    ['starting', [...asking, approved]],
    ['planning', [...asking, named]],
    ['monitoring', [...asking, rejected]],
    ['starting', [...asking, expired('rollback')]],
    ['monitoring', [...asking, expired('monitor')]],
    ['investigating', [...asking, expired('investigate')]],
    ['handed_over', [...asking, expired('hand_over')]],
    ['judging', [...asking, worse]],
    ['closed', [...asking, recovered]],
    ['judging', [...asking, approved, voided]],
    ['planning', [...asking, approved, judged('ask')]],
    ['rolling_back', rollingBack],
    ['rolling_back', [...rollingBack, { type: 'progressed', at, effect: 'first' }, recovered]],
    ['closed', [...rollingBack, { type: 'rolledBack', at, reason: 'verified' }]],
    [
      'handed_over',
      [...rollingBack, { type: 'rollbackFailed', at, reason: 'failed', nextPlaybook: null, riskier: false }],
    ],
    [
      'planning',
      [
        ...rollingBack,
        { type: 'rollbackFailed', at, reason: 'failed', nextPlaybook: 'shop/b', riskier: false },
      ],
    ],
    ['planning', [judged('hand_over'), approved]],
    ['closed', [judged('hand_over'), { type: 'acknowledged', at, by: 'alice' }]],
    ['closed', [judged('hand_over'), recovered]],
    ['investigating', [judged('investigate'), { type: 'acknowledged', at, by: 'alice' }]],
    ['judging', [judged('rollback'), named]],
    ...[
      [],
      [judged('monitor')],
      [judged('investigate')],
      [judged('monitor', true)],
      [judged('ask')],
      asking,
      [...asking, approved],
    ].map((before): [string, readonly IncidentEvent[]] => ['handed_over', [...before, takenOver]]),
    ['rolling_back', [...rollingBack, takenOver]],
    // After one no, getting worse asks again; after two, nothing does.
    ['judging', [...asking, rejected, worse]],
    ['monitoring', [...asking, rejected, worse, ...asking, rejected, worse]],
  ])('is %s after %j', (state, events) => {
    expect(incidentAfter(events).value).toBe(state);
  });

  test.each<[string, IncidentEvent]>([
    ['recovered', recovered],
    ['withdrawn', { type: 'withdrawn', at, reason: 'the rule was removed' }],
  ])('that is asked about closes as %s', (outcome, event) => {
    expect(incidentAfter([...asking, event]).context.outcome).toBe(outcome);
  });

  test('keeps whose word it is until the plan is void or judged otherwise', () => {
    expect(incidentAfter([...asking, approved]).context.approvedBy).toEqual(alice);
    expect(incidentAfter([...asking, approved, voided]).context.approvedBy).toBe(null);
    expect(incidentAfter([...asking, approved, judged('ask')]).context.approvedBy).toBe(null);
  });

  test('that a person opened and that comes to nothing closes as withdrawn: no signal would ever end it', () => {
    // A request begins without a question; a guard may make it one, right before the first effect.
    const refused = [...asking, judged('ask'), planned('ask'), rejected];
    const { value, context } = incidentAfter(refused, byPerson);

    expect([value, context.outcome]).toEqual(['closed', 'withdrawn']);
  });

  test('forgets who acknowledged the lesser trouble', () => {
    const acknowledged = incidentAfter([judged('investigate'), { type: 'acknowledged', at, by: 'alice' }]);

    expect(acknowledged.context.acknowledgedBy).toBe('alice');
    expect(incidents.step(acknowledged, worse).context.acknowledgedBy).toBe(null);
  });

  test('is over only when every level recovered', () => {
    const two = incidentAfter([
      judged('investigate'),
      { ...worse, worse: false, level: level({ rule: 'shop/queue', severity: 'medium' }), lead: highLead },
      { type: 'recovered', at, ...highLead, lead: { rule: 'shop/queue', severity: 'medium' } },
    ]);

    expect(two.value).toBe('judging');
    expect(two.context.lead).toEqual({ rule: 'shop/queue', severity: 'medium' });
  });
});

describe('a question', () => {
  const data: ApprovalInput = { ...question, needs: { people: 2, role: 'dba' } };
  const answered = (
    by: string,
    role: 'approver' | 'dba' | 'admin' = 'approver',
    answer: 'approve' | 'reject' | 'hand_over' = 'approve',
  ): ApprovalEvent => ({ type: 'answered', at, by, role, answer, note: '' });
  const prolonged = (dueAt: number): ApprovalEvent => ({ type: 'prolonged', at, dueAt, by: 'alice' });

  test.each<[string, ApprovalInput, readonly ApprovalEvent[]]>([
    ['approved', question, [answered('alice')]],
    ['rejected', question, [answered('alice', 'approver', 'reject')]],
    ['approved', question, [answered('alice'), answered('bob', 'approver', 'reject')]],
    ['open', question, [{ type: 'due', at }]],
    ['expired', question, [{ type: 'due', at: question.dueAt }]],
    ['open', question, [prolonged(at + 9_000), { type: 'due', at: question.dueAt }]],
    [
      'open',
      question,
      [
        { type: 'resumed', at, dueAt: at + 9_000 },
        { type: 'due', at: question.dueAt },
      ],
    ],
    // The fourth time is refused, so the third end counts.
    [
      'expired',
      question,
      [...[2_000, 3_000, 4_000, 9_000].map((inMs) => prolonged(at + inMs)), { type: 'due', at: at + 4_000 }],
    ],
    ['handed_over', question, [answered('alice', 'approver', 'hand_over')]],
    ['handed_over', question, [answered('alice', 'approver', 'hand_over'), answered('bob')]],
    ['handed_over', data, [answered('alice'), answered('bob', 'approver', 'hand_over')]],
    ['superseded', question, [{ type: 'superseded', at, reason: 'worse' }, answered('alice')]],
    ['withdrawn', question, [{ type: 'withdrawn', at, reason: 'recovered' }, answered('alice')]],
    ['open', data, [answered('alice')]],
    ['open', data, [answered('alice'), answered('alice')]],
    // One person, however the name is written.
    ['open', data, [answered('Zoë'), answered('ZOE\u0308'), answered('zoë')]],
    ['approved', data, [answered('alice'), answered('bob')]],
    ['approved', data, [answered('carol', 'dba')]],
    ['approved', data, [answered('root', 'admin')]],
    ['rejected', data, [answered('alice'), answered('bob', 'approver', 'reject')]],
  ])('is %s: %j after %j', (state, input, events) => {
    expect(events.reduce((now, event) => approvals.step(now, event), approvals.begin(input)).value).toBe(
      state,
    );
  });

  test('is reminded of once at half of its time and once before each of its ends', () => {
    const half: ApprovalEvent = { type: 'reminded', at, reminder: 'half' };
    const end: ApprovalEvent = { type: 'reminded', at, reminder: 'end' };
    const after = (...events: readonly ApprovalEvent[]) =>
      events.reduce((now, event) => approvals.step(now, event), approvals.begin(question)).context.reminded;

    expect(after(half, half)).toEqual(['half']);
    expect(after(half, end, end)).toEqual(['half', 'end']);
    expect(after(end, prolonged(at + 9_000))).toEqual(['half']);
    expect(after(end, prolonged(at + 9_000), end)).toEqual(['half', 'end']);
  });

  test('that version 1 stored is read as one without buttons', () => {
    const { ticket: _none, ...asked } = question;
    const stored = { incident: 'i-1', machine: 'approval', version: 1, value: 'open' } as const;
    const answers = [{ by: 'alice', role: 'approver', answer: 'approve', at }];
    const read = fromSnapshot(approvals, { ...stored, context: { ...asked, answers, endedBecause: '' } });

    expect(read).toEqual({
      value: 'open',
      context: {
        ...question,
        ticket: '',
        answers: [{ by: 'alice', role: 'approver', answer: 'approve', at, note: '' }],
        endedBecause: '',
        prolonged: 0,
        reminded: [],
      },
    });
  });
});

describe('a rollback', () => {
  const done: RollbackEvent = { type: 'done', at };
  const failed: RollbackEvent = { type: 'failed', at, reason: 'no', retryable: false };
  const retryable: RollbackEvent = { ...failed, retryable: true };
  const inDoubt: RollbackEvent = { type: 'inDoubt', at, reason: 'who knows' };

  function due(events: readonly RollbackEvent[], firstGeneration = 1, input = rolling) {
    const state = events.reduce(
      (now: Resting<Parameters<typeof dueEffect>[1]>, event) => rollbacks.step(now, event),
      rollbacks.begin({ ...input, firstGeneration }),
    );
    const effect = dueEffect(state.value, state.context);
    return effect === null ? state.value : `${effect.purpose} ${effect.step}/${effect.generation}`;
  }

  test.each<[string, readonly RollbackEvent[]]>([
    ['apply 0/1', []],
    ['apply 1/1', [done]],
    ['apply 2/1', [done, done]],
    ['apply 2/2', [done, done, retryable]],
    ['undo 1/1', [done, done, retryable, retryable]],
    ['undo 1/1', [done, done, failed]],
    ['undo 0/1', [done, done, failed, done]],
    ['release 1/1', [done, done, failed, done, done]],
    ['release 0/1', [done, done, failed, done, done, done]],
    ['ended', [done, done, failed, done, done, done, done]],
    ['release 1/1', [done, done, failed, failed]],
    ['release 1/1', [done, done, inDoubt]],
    ['release 1/1', [done, inDoubt]],
    ['release 1/2', [done, inDoubt, failed]],
    ['release 0/1', [done, inDoubt, failed, done]],
    ['ended', [failed]],
    ['paused', [{ type: 'halted', at, reason: 'halted' }]],
    [
      'apply 0/1',
      [
        { type: 'halted', at, reason: 'halted' },
        { type: 'unhalted', at },
      ],
    ],
    ['settling', [done, done, done]],
    ['checking', [done, done, done, { type: 'settled', at }]],
  ])('calls for %s after %j', (expected, events) => {
    expect(due(events)).toBe(expected);
  });

  test('that is tried anew gives none of its effects an id that was used before', () => {
    expect(due([], 3)).toBe('apply 0/3');
    expect(due([done], 3)).toBe('apply 1/3');
    expect(due([done, done, retryable], 3)).toBe('apply 2/4');
    expect(due([done, done, retryable, retryable], 3)).toBe('undo 1/3');
  });

  test.each<[string, string, readonly RollbackEvent[]]>([
    ['what is held before it', 'holding', [done, inDoubt]],
    [
      'what is held behind it, too, when its undo is in doubt',
      'holding',
      [done, done, done, failed, inDoubt],
    ],
    ['it until a person says so', 'release 0/1', [done, inDoubt, { type: 'letGo', at }]],
  ])('in doubt about data keeps %s', (_, expected, events) => {
    const [plainly] = replacing;
    expect(due(events, 1, plainly)).toBe(expected);
  });

  test.each<[string, readonly RollbackEvent[]]>([
    ['release 1/1', [done, inDoubt]],
    ['release 1/2', [done, inDoubt, failed]],
    ['holding', [done, inDoubt, done]],
    ['release 0/1', [done, inDoubt, done, { type: 'letGo', at }]],
    ['release 0/1', [done, inDoubt, { type: 'letGo', at }, done]],
  ])('in doubt about a step that holds something itself calls for %s after %j', (expected, events) => {
    expect(due(events, 1, replacing[1])).toBe(expected);
  });

  test('tells the same trouble once, however often it is met', () => {
    const releasing = [done, inDoubt, failed, failed, failed];
    const state = releasing.reduce((now, event) => rollbacks.step(now, event), rollbacks.begin(rolling));

    expect(state.context.reason).toBe('who knows; then no');
  });
});
