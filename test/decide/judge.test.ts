import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decision } from '../../src/domain/incident.ts';
import { modes, type Want } from '../../src/domain/rule.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { judge } from '../../src/decide/judge.ts';
import { start } from '../fakes/clock.ts';
import { alice, name, release, situation } from './fixtures.ts';

test('a CRITICAL incident with nothing in the way rolls back', () => {
  expect(judge(situation())).toEqual({
    action: 'rollback',
    wanted: 'rollback',
    halted: false,
    objections: [],
    reason: `rolls back: CRITICAL on shop, from ${name(2)} to ${name(1)}`,
    playbook: 'layra/service',
    withinMs: 900_000,
    otherwise: 'hand_over',
    needs: { people: 1, role: 'approver' },
  });
});

test.each<[Want, Partial<Decision>]>([
  [
    { action: 'ask', playbook: null },
    {
      action: 'ask',
      playbook: 'layra/service',
      reason: `asks because HIGH on shop is for people to decide: from ${name(2)} to ${name(1)}`,
    },
  ],
  [{ action: 'investigate' }, { reason: 'tells people: HIGH on shop is to be investigated', playbook: null }],
  [{ action: 'monitor' }, { reason: 'records only: HIGH on shop is to be monitored', playbook: null }],
  [{ action: 'hand_over' }, { reason: 'hands over: HIGH on shop is for people to handle', playbook: null }],
])('%j is done as it stands', (want, expected) => {
  expect(judge(situation({ severity: 'high', want }))).toMatchObject({
    action: want.action,
    wanted: want.action,
    objections: [],
    ...expected,
  });
});

test("a level's own playbook replaces the target's", () => {
  const decision = judge(
    situation({
      want: { action: 'rollback', playbook: 'layra/restart' },
      needsRelease: false,
      candidate: { release: null, problem: 'none' },
    }),
  );
  expect(decision).toMatchObject({
    action: 'rollback',
    playbook: 'layra/restart',
    reason: 'rolls back: CRITICAL on shop, by playbook layra/restart',
  });
});

test('the strongest weakening wins and every objection is listed', () => {
  const decision = judge(
    situation({
      modes: { daemon: 'approve', target: 'auto', rule: 'auto' },
      frozen: 'shop is frozen',
      voided: 3,
      affected: { targets: 5, of: 9 },
    }),
  );
  expect(decision.action).toBe('hand_over');
  expect(decision.reason).toBe('hands over because the facts changed under its plan 3 times');
  expect(decision.objections.map(({ guard }) => guard)).toEqual([
    'mode',
    'freeze',
    'many_targets',
    'facts_changed',
  ]);
});

test('objections of the same strength are told together', () => {
  expect(judge(situation({ frozen: 'shop is frozen', rejected: true })).reason).toBe(
    'asks because shop is frozen; and a person rejected a rollback for this incident',
  );
});

test('the order is wait, hand over, record, tell, ask', () => {
  const all = {
    halted: 'halted by bob',
    voided: 3,
    modes: { daemon: 'shadow', target: 'auto', rule: 'auto' },
    frozen: 'frozen',
  } as const;
  const notify = { modes: { daemon: 'notify', target: 'auto', rule: 'auto' } } as const;
  expect(judge(situation(all)).halted).toBe(true);
  expect(judge(situation({ ...all, halted: null })).action).toBe('hand_over');
  expect(judge(situation({ ...all, halted: null, voided: 0 })).action).toBe('monitor');
  expect(judge(situation({ ...all, ...notify, halted: null, voided: 0 })).action).toBe('investigate');
});

test('a question that a guard would ask too stays the question of its level', () => {
  const want: Want = { action: 'ask', playbook: null };
  const decision = judge(situation({ severity: 'high', want, frozen: 'shop is frozen' }));
  expect(decision.reason).toBe(
    `asks because HIGH on shop is for people to decide: from ${name(2)} to ${name(1)}`,
  );
  expect(decision.objections).toHaveLength(1);
});

test('a HIGH incident in shadow would have asked', () => {
  const want: Want = { action: 'ask', playbook: null };
  const shadow = { daemon: 'shadow', target: 'auto', rule: 'auto' } as const;
  expect(judge(situation({ severity: 'high', want, modes: shadow })).reason).toBe(
    'would have asked, but only records it because the mode of the daemon is shadow',
  );
});

test('silence does not turn a weakened question into a rollback', () => {
  const want: Want = { action: 'ask', playbook: null };
  const high = situation({ severity: 'high', want, otherwise: 'rollback' });
  expect(judge(high).otherwise).toBe('rollback');
  expect(judge({ ...high, frozen: 'shop is frozen' }).otherwise).toBe('hand_over');
});

test('an approved question rolls back', () => {
  const want: Want = { action: 'ask', playbook: null };
  expect(judge(situation({ severity: 'high', want, person: alice }))).toMatchObject({
    action: 'rollback',
    reason: `rolls back: alice approved it, from ${name(2)} to ${name(1)}`,
  });
});

test('an approval that is refused lists only what refuses it', () => {
  const decision = judge(situation({ person: alice, frozen: 'shop is frozen', halted: 'halted by bob' }));
  expect(decision).toMatchObject({ action: 'monitor', halted: true, objections: [{ guard: 'halt' }] });
  expect(decision.objections).toHaveLength(1);
});

// Properties

const mode = fc.constantFrom(...modes);
const objection: Record<string, fc.Arbitrary<Partial<Situation>>> = {
  mode: fc.record({ modes: fc.record({ daemon: mode, target: mode, rule: mode }) }),
  halted: fc.record({ halted: fc.constant('halted by bob') }),
  frozen: fc.record({ frozen: fc.constant('frozen') }),
  release: fc.record({ candidate: fc.constant({ release: null, problem: 'none' } as const) }),
  rejected: fc.record({ rejected: fc.constant(true) }),
  repeat: fc.record({ afterRollback: fc.constant(true) }),
  cooldown: fc.record({ cooldown: fc.constant('rests') }),
  budget: fc.record({
    budget: fc.record({ used: fc.nat(6), limit: fc.constant(3), perMs: fc.constant(HOUR) }),
  }),
  blame: fc.record({ changedAt: fc.constantFrom(null, start - 2 * DAY, start) }),
  firing: fc.record({ alreadyFiring: fc.boolean() }),
  many: fc.record({ affected: fc.record({ targets: fc.nat(9), of: fc.constant(9) }) }),
  risk: fc.record({ risk: fc.constantFrom('safe', 'disruptive', 'destructive-data') }),
  voided: fc.record({ voided: fc.nat(5) }),
  interference: fc.record({ interference: fc.constant('watchtower') }),
};
const trouble = fc
  .subarray(Object.values(objection))
  .chain((some) => fc.tuple(...some))
  .map((parts): Partial<Situation> => Object.assign({}, ...parts) as Partial<Situation>);
const wanted = fc.constantFrom<Want>(
  { action: 'rollback', playbook: null },
  { action: 'ask', playbook: null },
  { action: 'investigate' },
  { action: 'monitor' },
  { action: 'hand_over' },
);

/** How much the daemon does by itself: the most first. */
function strength({ action, halted }: Decision): number {
  if (halted) return 0;
  return { rollback: 5, ask: 4, investigate: 3, monitor: 2, hand_over: 1 }[action];
}

test('no guard ever strengthens a decision', () => {
  fc.assert(
    fc.property(wanted, trouble, trouble, (want, some, more) => {
      const free = judge(situation({ want }));
      const weakened = judge(situation({ ...some, want }));
      expect(strength(weakened)).toBeLessThanOrEqual(strength(free));
      // More objections, and only more: what already objects stays.
      const fresh = Object.fromEntries(Object.entries(more).filter(([key]) => !(key in some)));
      expect(strength(judge(situation({ ...some, ...fresh, want })))).toBeLessThanOrEqual(strength(weakened));
    }),
    { numRuns: 2000 },
  );
});

test('an approval never starts what is halted, in shadow, or without a release', () => {
  fc.assert(
    fc.property(trouble, fc.constantFrom('approver', 'dba', 'admin'), (some, role) => {
      const decision = judge(situation({ ...some, person: { ...alice, role } }));
      const { halted, candidate, modes: stated } = situation(some);
      const shadow = Object.values(stated).includes('shadow');
      if (halted !== null || shadow || candidate.release === null)
        expect(decision.action).not.toBe('rollback');
      else if (role !== 'approver') expect(decision.action).toBe('rollback');
    }),
    { numRuns: 2000 },
  );
});

test('a rollback by itself has no objection at all', () => {
  fc.assert(
    fc.property(trouble, (some) => {
      const decision = judge(situation(some));
      expect(decision.action === 'rollback').toBe(decision.objections.length === 0);
    }),
  );
});

test('judging is pure: the same situation gives the same decision', () => {
  const given = situation({ current: release(2), frozen: 'frozen' });
  expect(judge(given)).toEqual(judge(structuredClone(given)));
});
