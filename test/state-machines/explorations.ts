import type { AnyMachineSnapshot } from 'xstate';
import {
  approvalMachine,
  type ApprovalEvent,
  type ApprovalInput,
} from '../../state-machines/approval.machine.ts';
import { incidentMachine } from '../../state-machines/incident.machine.ts';
import type { IncidentContext } from '../../state-machines/incident.context.ts';
import type { RollbackContext, RollbackEvent, RollbackInput } from '../../state-machines/rollback.context.ts';
import { rollbackMachine } from '../../state-machines/rollback.machine.ts';
import type { Exploration } from './exploring.ts';
import { at, byPerson, bySignals, incidentEvents, incidentKey } from './incident-events.ts';

export const question: ApprovalInput = {
  id: 'i-1.1',
  ticket: 'ticket-1',
  incident: 'i-1',
  planDigest: '0123456789abcdef',
  askedAt: at,
  dueAt: at + 1_000,
  otherwise: 'hand_over',
  needs: { people: 1, role: 'approver' },
};

const people = [
  { by: 'alice', role: 'approver' },
  { by: 'bob', role: 'approver' },
  { by: 'carol', role: 'dba' },
] as const;

export const approvalEvents: readonly ApprovalEvent[] = [
  ...people.map((person) => ({ type: 'answered', at, answer: 'approve', note: '', ...person }) as const),
  { type: 'answered', at, by: 'alice', role: 'approver', answer: 'reject', note: 'not now' },
  { type: 'answered', at, by: 'bob', role: 'approver', answer: 'hand_over', note: '' },
  { type: 'due', at },
  { type: 'due', at: at + 1_000 },
  { type: 'prolonged', at, dueAt: at + 2_000, by: 'alice' },
  { type: 'resumed', at, dueAt: at + 3_000 },
  { type: 'reminded', at, reminder: 'half' },
  { type: 'reminded', at, reminder: 'end' },
  { type: 'superseded', at, reason: 'it became worse' },
  { type: 'withdrawn', at, reason: 'it recovered' },
];

/** Two steps that can be undone and hold something, then one that can be tried twice; two phases. */
export const rolling: RollbackInput = {
  incident: 'i-1',
  planDigest: '0123456789abcdef',
  firstGeneration: 1,
  steps: [
    { kind: 'drain', undoable: true, holds: true, retries: 0 },
    { kind: 'quiesce', undoable: true, holds: true, retries: 0 },
    { kind: 'move', undoable: false, holds: false, retries: 1 },
  ],
  settleMs: 5_000,
  phases: [
    { name: 'infrastructure', withinMs: 60_000 },
    { name: 'connectivity', withinMs: 60_000 },
  ],
};

export const plain: RollbackInput = {
  ...rolling,
  steps: [{ kind: 'move', undoable: false, holds: false, retries: 0 }],
  phases: [],
};

/** The last step replaces people's data; in the second of these it holds something itself, too. */
export const replacing: readonly RollbackInput[] = [false, true].map((holds) => ({
  ...rolling,
  steps: [
    { kind: 'quiesce', undoable: false, holds: true, retries: 0 },
    { kind: 'restore', undoable: true, holds, replaces: true, retries: 0 },
    { kind: 'lock', undoable: false, holds: true, retries: 0 },
    { kind: 'move', undoable: false, holds: false, retries: 0 },
  ],
  phases: [],
}));

export const rollbackEvents: readonly RollbackEvent[] = [
  { type: 'done', at },
  { type: 'failed', at, reason: 'it did not work', retryable: true },
  { type: 'failed', at, reason: 'it never will', retryable: false },
  { type: 'inDoubt', at, reason: 'nobody knows' },
  { type: 'letGo', at },
  { type: 'halted', at, reason: 'halted by alice' },
  { type: 'unhalted', at },
  { type: 'settled', at },
  ...[0, 1].flatMap((phase) =>
    [
      { passed: true, inconclusive: false, reason: 'all good' },
      { passed: false, inconclusive: false, reason: 'not good' },
      { passed: false, inconclusive: true, reason: 'cannot see' },
    ].map((result) => ({ type: 'checked', at, phase, ...result }) as const),
  ),
  { type: 'confirmedUntil', at, dueAt: at + 60_000 },
  { type: 'confirmed', at, reason: 'good for 1m' },
  { type: 'notRecovered', at, reason: 'errors is 0.9' },
  { type: 'inconclusive', at, reason: 'no reading', extendTo: at + 120_000 },
  { type: 'worse', at, reason: 'login fires' },
  { type: 'undone', at, reason: 'compose put v2 back' },
];

function rollbackKey({ value, context }: { value: unknown; context: RollbackContext }): string {
  const { index, generation, firstGeneration, done, held, phase, extended, result, doubted } = context;
  const attempt = Math.min(generation - firstGeneration, 2);
  return JSON.stringify([value, index, attempt, done, held, phase, extended, result, doubted ?? null]);
}

const two = { people: 2, role: 'dba' } as const;

/** The three machines, with events for each of their transitions. */
export const explorations: Readonly<Record<'incident' | 'approval' | 'rollback', Exploration>> = {
  incident: {
    machine: incidentMachine,
    inputs: [bySignals, byPerson],
    events: incidentEvents,
    key: (snapshot: AnyMachineSnapshot) =>
      incidentKey({ value: snapshot.value, context: snapshot.context as IncidentContext }),
  },
  approval: {
    machine: approvalMachine,
    inputs: [question, { ...question, needs: two }],
    events: approvalEvents,
    key: ({ value, context }: AnyMachineSnapshot) => JSON.stringify([value, context]),
  },
  rollback: {
    machine: rollbackMachine,
    inputs: [rolling, plain, ...replacing],
    events: rollbackEvents,
    key: (snapshot: AnyMachineSnapshot) =>
      rollbackKey({ value: snapshot.value, context: snapshot.context as RollbackContext }),
  },
};
