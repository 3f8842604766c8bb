import { initialTransition, transition } from 'xstate';
import {
  approvalMachine,
  approvalVersion,
  fromVersion1,
  type ApprovalContext,
  type ApprovalEvent,
  type ApprovalInput,
} from '../../state-machines/approval.machine.ts';
import type { IncidentContext, IncidentEvent, IncidentInput } from '../../state-machines/incident.context.ts';
import { incidentMachine, incidentVersion } from '../../state-machines/incident.machine.ts';
import type { RollbackContext, RollbackEvent, RollbackInput } from '../../state-machines/rollback.context.ts';
import { rollbackMachine, rollbackVersion } from '../../state-machines/rollback.machine.ts';
import type { Json } from '../domain/json.ts';
import type { MachineName, Snapshot } from '../domain/ports/store.ts';

/**
 * The machines at rest and in motion. `step` is pure: it returns the next state and runs nothing.
 */
export interface Resting<Context> {
  readonly value: string;
  readonly context: Context;
}

interface Kind<Context, Event, Input> {
  readonly name: MachineName;
  readonly version: number;
  /** How to read what earlier versions stored, by version; another one is not guessed at. */
  readonly earlier?: Readonly<Record<number, (context: Context) => Context>>;
  begin(input: Input): Resting<Context>;
  /** The next state; the same object when the event means nothing here. */
  step(state: Resting<Context>, event: Event): Resting<Context>;
}

export const incidents: Kind<IncidentContext, IncidentEvent, IncidentInput> = {
  name: 'incident',
  version: incidentVersion,
  begin: (input) => rest(initialTransition(incidentMachine, input)[0]),
  step: (state, event) => {
    const resting = incidentMachine.resolveState({ value: state.value, context: state.context });
    return resting.can(event) ? rest(transition(incidentMachine, resting, event)[0]) : state;
  },
};

export const approvals: Kind<ApprovalContext, ApprovalEvent, ApprovalInput> = {
  name: 'approval',
  version: approvalVersion,
  earlier: { 1: fromVersion1 },
  begin: (input) => rest(initialTransition(approvalMachine, input)[0]),
  step: (state, event) => {
    const resting = approvalMachine.resolveState({ value: state.value, context: state.context });
    return resting.can(event) ? rest(transition(approvalMachine, resting, event)[0]) : state;
  },
};

export const rollbacks: Kind<RollbackContext, RollbackEvent, RollbackInput> = {
  name: 'rollback',
  version: rollbackVersion,
  begin: (input) => rest(initialTransition(rollbackMachine, input)[0]),
  step: (state, event) => {
    const resting = rollbackMachine.resolveState({ value: state.value, context: state.context });
    return resting.can(event) ? rest(transition(rollbackMachine, resting, event)[0]) : state;
  },
};

/** What is stored of a machine. */
export function toSnapshot<Context>(
  kind: Kind<Context, never, never>,
  incident: string,
  state: Resting<Context>,
): Snapshot {
  return {
    incident,
    machine: kind.name,
    version: kind.version,
    value: state.value,
    context: state.context as Json,
  };
}

/** A stored machine; null when a version of the code wrote it that this one does not know and may not guess at. */
export function fromSnapshot<Context>(
  kind: Kind<Context, never, never>,
  snapshot: Snapshot,
): Resting<Context> | null {
  const context = snapshot.context as Context;
  if (snapshot.version === kind.version) return { value: snapshot.value, context };
  const read = kind.earlier?.[snapshot.version];
  return read === undefined ? null : { value: snapshot.value, context: read(context) };
}

/** Which of the stored machines this code does not know, in words; null when it knows it or it is not there. */
export function foreignTo<Context>(
  kind: Kind<Context, never, never>,
  own: readonly Snapshot[],
): string | null {
  const snapshot = own.find(({ machine }) => machine === kind.name);
  if (snapshot === undefined || fromSnapshot(kind, snapshot) !== null) return null;
  return `its ${kind.name} was stored by another version of rollbackd (${snapshot.version}, here ${kind.version}), and nobody guesses at it`;
}

function rest<Context>(snapshot: { readonly value: unknown; readonly context: Context }): Resting<Context> {
  return { value: String(snapshot.value), context: snapshot.context };
}
