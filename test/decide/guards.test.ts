import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { guardNames, type DecisionAction, type GuardName } from '../../src/domain/incident.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { DAY } from '../../src/domain/time.ts';
import { judge } from '../../src/decide/judge.ts';
import { start } from '../fakes/clock.ts';
import { alice, name, situation } from './fixtures.ts';

interface Row {
  readonly guard: GuardName;
  readonly when: Partial<Situation>;
  /** What an automatic rollback becomes, and the words for it. */
  readonly automatic: DecisionAction;
  readonly says: string;
  /** The words for a person's approval: it counts, or is refused. */
  readonly approval: 'lifts' | 'refused';
  readonly answers: string;
}

const approved = `rolls back: alice approved it, from ${name(2)} to ${name(1)}`;

const rows: readonly Row[] = [
  {
    guard: 'mode',
    when: { modes: { daemon: 'shadow', target: 'auto', rule: 'approve' } },
    automatic: 'monitor',
    says: 'would have rolled back, but only records it because the mode of the daemon is shadow',
    approval: 'refused',
    answers: "refuses alice's approval because the mode of the daemon is shadow",
  },
  {
    guard: 'mode',
    when: { modes: { daemon: 'auto', target: 'notify', rule: 'notify' } },
    automatic: 'investigate',
    says: 'would have rolled back, but only tells people because the mode of the target and the rule is notify',
    approval: 'lifts',
    answers: `${approved}, though the mode of the target and the rule is notify`,
  },
  {
    guard: 'mode',
    when: { modes: { daemon: 'auto', target: 'auto', rule: 'approve' } },
    automatic: 'ask',
    says: 'asks because the mode of the rule is approve',
    approval: 'lifts',
    answers: `${approved}, though the mode of the rule is approve`,
  },
  {
    guard: 'halt',
    when: { halted: 'halted by bob: database work' },
    automatic: 'monitor',
    says: 'waits because halted by bob: database work',
    approval: 'refused',
    answers: "refuses alice's approval because halted by bob: database work (unhalt first)",
  },
  {
    guard: 'freeze',
    when: { frozen: 'shop is frozen until 2026-01-05 13:00 UTC: weekend' },
    automatic: 'ask',
    says: 'asks because shop is frozen until 2026-01-05 13:00 UTC: weekend',
    approval: 'lifts',
    answers: `${approved}, though shop is frozen until 2026-01-05 13:00 UTC: weekend`,
  },
  {
    guard: 'release',
    when: { candidate: { release: null, problem: 'no other release of shop has been proven good' } },
    automatic: 'hand_over',
    says: 'hands over because no other release of shop has been proven good',
    approval: 'refused',
    answers:
      "refuses alice's approval because no other release of shop has been proven good (name another with --to)",
  },
  {
    guard: 'rejected',
    when: { rejected: true },
    automatic: 'ask',
    says: 'asks because a person rejected a rollback for this incident',
    approval: 'lifts',
    answers: `${approved}, though a person rejected a rollback for this incident`,
  },
  {
    guard: 'repeat',
    when: { afterRollback: true },
    automatic: 'ask',
    says: `asks because ${name(2)} was itself put there by a rollback`,
    approval: 'lifts',
    answers: `${approved}, though ${name(2)} was itself put there by a rollback`,
  },
  {
    guard: 'cooldown',
    when: { cooldown: 'shop rests until 2026-01-05 13:00 UTC, after the automatic rollback of i-1' },
    automatic: 'ask',
    says: 'asks because shop rests until 2026-01-05 13:00 UTC, after the automatic rollback of i-1',
    approval: 'lifts',
    answers: `${approved}, though shop rests until 2026-01-05 13:00 UTC, after the automatic rollback of i-1`,
  },
  {
    guard: 'budget',
    when: { budget: { used: 3, limit: 3, perMs: DAY / 24 } },
    automatic: 'ask',
    says: 'asks because the daemon has made 3 of 3 automatic rollbacks in the last 1h',
    approval: 'lifts',
    answers: `${approved}, though the daemon has made 3 of 3 automatic rollbacks in the last 1h`,
  },
  {
    guard: 'blame',
    when: { changedAt: start - DAY - 1 },
    automatic: 'ask',
    says: 'asks because shop has not changed within the last 1d',
    approval: 'lifts',
    answers: `${approved}, though shop has not changed within the last 1d`,
  },
  {
    guard: 'already_firing',
    when: { alreadyFiring: true },
    automatic: 'ask',
    says: `asks because it was already wrong when ${name(2)} arrived`,
    approval: 'lifts',
    answers: `${approved}, though it was already wrong when ${name(2)} arrived`,
  },
  {
    guard: 'many_targets',
    when: { affected: { targets: 3, of: 9 } },
    automatic: 'ask',
    says: 'asks because 3 of 9 targets fired or went blind within 2m, so the cause may be elsewhere',
    approval: 'lifts',
    answers: `${approved}, though 3 of 9 targets fired or went blind within 2m, so the cause may be elsewhere`,
  },
  {
    guard: 'destructive_data',
    when: { risk: 'destructive-data' },
    automatic: 'ask',
    says: 'asks because the plan destroys data, which takes a DBA or two people',
    approval: 'refused',
    answers: "refuses alice's approval because the plan destroys data, which takes a DBA or two people",
  },
  {
    guard: 'facts_changed',
    when: { voided: 3 },
    automatic: 'hand_over',
    says: 'hands over because the facts changed under its plan 3 times',
    approval: 'lifts',
    answers: `${approved}, though the facts changed under its plan 3 times`,
  },
  {
    guard: 'interference',
    when: {
      interference: 'watchtower put shop:2 back within an hour of the rollback; pin shop:1 there first',
    },
    automatic: 'hand_over',
    says: 'hands over because watchtower put shop:2 back within an hour of the rollback; pin shop:1 there first',
    approval: 'lifts',
    answers: `${approved}, though watchtower put shop:2 back within an hour of the rollback; pin shop:1 there first`,
  },
];

test('every guard has a row', () => {
  expect(new Set(rows.map(({ guard }) => guard))).toEqual(new Set(guardNames));
});

test.each(rows)('$guard objects to an automatic rollback: $says', ({ guard, when, automatic, says }) => {
  const decision = judge(situation(when));
  expect(decision.action).toBe(automatic);
  expect(decision.reason).toBe(says);
  expect(decision.wanted).toBe('rollback');
  expect(decision.halted).toBe(guard === 'halt');
  expect(decision.objections.map((objection) => objection.guard)).toEqual([guard]);
});

test.each(rows)(
  "a person's approval and $guard: $answers",
  ({ guard, when, automatic, approval, answers }) => {
    const decision = judge(situation({ ...when, person: alice }));
    expect(decision.action).toBe(approval === 'lifts' ? 'rollback' : automatic);
    expect(decision.reason).toBe(answers);
    expect(decision.objections.map((objection) => objection.guard)).toEqual([guard]);
  },
);

test.each(rows)('$guard says nothing about what is not a rollback', ({ when }) => {
  const decision = judge(situation({ ...when, severity: 'medium', want: { action: 'investigate' } }));
  expect(decision).toMatchObject({
    action: 'investigate',
    halted: false,
    objections: [],
    playbook: null,
    reason: 'tells people: MEDIUM on shop is to be investigated',
  });
});

test('the documentation shows every sentence that a person will see', () => {
  const page = readFileSync('docs/decisions-and-guards.md', 'utf8');
  const shown = (text: string): string =>
    text.replaceAll(name(1), 'shop:1 (r-…)').replaceAll(name(2), 'shop:2 (r-…)');
  for (const { says, answers } of rows) {
    expect(page).toContain(shown(says));
    expect(page).toContain(shown(answers).replace(shown(approved), 'rolls back: alice approved it, …'));
  }
});

// Where a row has more to say

test.each([
  ['at the limit of what is recent', { changedAt: start - DAY }],
  ['with blame off, whatever changed', { blameMs: null, changedAt: null }],
  ['with budget left', { budget: { used: 2, limit: 3, perMs: DAY } }],
  ['with two targets in trouble of three', { affected: { targets: 2, of: 3 } }],
  ['with two targets in trouble of four', { affected: { targets: 2, of: 4 } }],
  ['after two void plans', { voided: 2 }],
  [
    'when the playbook needs no release',
    { needsRelease: false, candidate: { release: null, problem: 'none' } },
  ],
  ['when the plan is only disruptive', { risk: 'disruptive' as const }],
])('nothing objects %s', (_, when) => {
  expect(judge(situation(when))).toMatchObject({ action: 'rollback', objections: [] });
});

test('a target that was never seen to change is not blamed', () => {
  expect(judge(situation({ changedAt: null })).reason).toBe(
    'asks because shop has not changed within the last 1d',
  );
});

test('a release named by a person is taken whatever its standing; a missing one never', () => {
  const named = { ...alice, namedRelease: true };
  expect(judge(situation({ person: named })).action).toBe('rollback');
  const gone = judge(
    situation({
      person: named,
      candidate: { release: null, problem: 'shop:1 cannot come back: its image is gone' },
    }),
  );
  expect(gone).toMatchObject({
    action: 'hand_over',
    reason: "refuses alice's approval because shop:1 cannot come back: its image is gone",
    objections: [{ guard: 'release', approval: 'refused' }],
  });
});

test.each([
  ['a DBA', { ...alice, role: 'dba' as const }],
  ['an admin', { ...alice, role: 'admin' as const }],
  ['two approvers', { ...alice, people: 2 }],
])('%s may approve what destroys data', (_, person) => {
  expect(judge(situation({ risk: 'destructive-data', person })).action).toBe('rollback');
});

test('a question about destroying data says who must answer', () => {
  expect(judge(situation({ risk: 'destructive-data' })).needs).toEqual({ people: 2, role: 'dba' });
  expect(judge(situation({ frozen: 'frozen' })).needs).toEqual({ people: 1, role: 'approver' });
});
