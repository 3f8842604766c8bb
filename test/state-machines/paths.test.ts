import { describe, expect, test } from 'vitest';
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { IncidentContext } from '../../state-machines/incident.context.ts';
import type { RollbackContext } from '../../state-machines/rollback.context.ts';
import { approvals, fromSnapshot, incidents, rollbacks, toSnapshot } from '../../src/engine/machines.ts';
import { explorations } from './explorations.ts';
import { explore, transitionsOf, transitionsTaken, type Exploration, type Reached } from './exploring.ts';

const names = ['incident', 'approval', 'rollback'] as const;
const reached = Object.fromEntries(names.map((name) => [name, explore(explorations[name])])) as Record<
  (typeof names)[number],
  readonly Reached[]
>;

describe.each(names)('the %s machine', (name) => {
  const exploration = explorations[name];

  test('reaches each of its states, and stops only in final ones', () => {
    const values = new Set(reached[name].map(({ snapshot }) => String(snapshot.value)));
    const stopped = reached[name].filter(({ snapshot }) => snapshot.status === 'done');
    const finals = Object.values(exploration.machine.root.states).filter(({ type }) => type === 'final');

    expect([...values].toSorted()).toEqual(Object.keys(exploration.machine.root.states).toSorted());
    expect(new Set(stopped.map(({ snapshot }) => String(snapshot.value)))).toEqual(
      new Set(finals.map(({ key }) => key)),
    );
  });

  test('has no transition that nothing can take', () => {
    const taken = transitionsTaken(exploration, reached[name]);

    expect(transitionsOf(exploration.machine).filter((transition) => !taken.has(transition))).toEqual([]);
  });

  test('is plain JSON in every snapshot, so that what is stored is what comes back', () => {
    for (const { snapshot } of reached[name]) {
      const state = at(snapshot);
      expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state);
    }
  });

  test('waits for nothing by itself: it invokes nothing and sets no clock', () => {
    expect(
      keysIn(exploration.machine.config).filter((key) => ['invoke', 'after', 'delay'].includes(key)),
    ).toEqual([]);
  });

  test('can be ended from every snapshot', () => {
    const { key } = exploration;
    const edges = reached[name].map(({ snapshot }) => ({
      from: key(snapshot),
      to: leadsTo(exploration, snapshot),
    }));
    const ending = new Set(
      reached[name].filter(({ snapshot }) => snapshot.status === 'done').map(({ snapshot }) => key(snapshot)),
    );
    for (let before = -1; before !== ending.size;) {
      before = ending.size;
      for (const { from, to } of edges) if (to.some((one) => ending.has(one))) ending.add(from);
    }
    expect(edges.filter(({ from }) => !ending.has(from))).toEqual([]);
  });
});

test('a closed incident says who owns the problem now, and why', () => {
  const closed = reached.incident.filter(({ snapshot }) => snapshot.value === 'closed');
  const contexts = closed.map(({ snapshot }) => snapshot.context as IncidentContext);

  expect(new Set(contexts.map(({ outcome }) => outcome))).toEqual(
    new Set(['recovered', 'rolled_back', 'withdrawn', 'handed_over']),
  );
  expect(contexts.filter(({ reason }) => reason === '')).toEqual([]);
});

test('a handed-over incident is owned by a person before it closes', () => {
  const open = reached.incident.filter(({ snapshot }) => snapshot.value === 'handed_over');

  expect(new Set(open.map(({ snapshot }) => (snapshot.context as IncidentContext).outcome))).toEqual(
    new Set(['handed_over']),
  );
});

test('a rollback that ended says how, and holds nothing any more', () => {
  const contexts = reached.rollback
    .filter(({ snapshot }) => snapshot.value === 'ended')
    .map(({ snapshot }) => snapshot.context as RollbackContext);

  expect(contexts.filter(({ result }) => result === null)).toEqual([]);
  expect(contexts.filter(({ held }) => held.length > 0)).toEqual([]);
  expect(new Set(contexts.map(({ result }) => result))).toEqual(
    new Set([
      'passed',
      'failed',
      'in_doubt',
      'not_verified',
      'not_recovered',
      'worse',
      'inconclusive',
      'undone',
    ]),
  );
});

test('after the first effect nothing but the rollback itself ends an incident', () => {
  const rollingBack = reached.incident.filter(
    ({ snapshot }) =>
      snapshot.value === 'rolling_back' && (snapshot.context as IncidentContext).marks.firstEffectAt !== null,
  );
  const leaving = new Set(
    rollingBack.flatMap(({ snapshot }) =>
      explorations.incident.events
        .filter((event) => next(explorations.incident.machine, at(snapshot), event).value !== 'rolling_back')
        .map(({ type }) => type),
    ),
  );
  expect(leaving).toEqual(new Set(['rolledBack', 'rollbackFailed']));
});

test('a machine of another version is not read', () => {
  const stored = { incident: 'i-1', machine: 'incident', version: 99, value: 'asking', context: {} } as const;

  expect(fromSnapshot(incidents, stored)).toBe(null);
  expect(fromSnapshot(approvals, { ...stored, machine: 'approval' })).toBe(null);
  expect(fromSnapshot(rollbacks, { ...stored, machine: 'rollback' })).toBe(null);
});

test('a stored machine comes back as it was', () => {
  const [first] = reached.rollback;
  const state = { value: String(first?.snapshot.value), context: first?.snapshot.context as RollbackContext };

  expect(fromSnapshot(rollbacks, toSnapshot(rollbacks, 'i-1', state))).toEqual(state);
});

function at(snapshot: AnyMachineSnapshot): { readonly value: string; readonly context: unknown } {
  return { value: String(snapshot.value), context: snapshot.context };
}

function next(
  machine: AnyStateMachine,
  state: { readonly value: string; readonly context: unknown },
  event: { readonly type: string },
): { readonly value: unknown; readonly context: unknown } {
  const kind = { incident: incidents, approval: approvals, rollback: rollbacks }[machine.id as 'incident'];
  return kind.step(state as never, event as never);
}

function leadsTo({ machine, events, key }: Exploration, snapshot: AnyMachineSnapshot): readonly string[] {
  return events.map((event) => {
    const { value, context } = next(machine, at(snapshot), event);
    return key({ value, context } as AnyMachineSnapshot);
  });
}

function keysIn(config: unknown): readonly string[] {
  if (config === null || typeof config !== 'object') return [];
  return Object.entries(config).flatMap(([key, member]) => [key, ...keysIn(member)]);
}
