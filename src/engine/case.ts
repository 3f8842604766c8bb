import type { ApprovalContext } from '../../state-machines/approval.machine.ts';
import type { IncidentContext } from '../../state-machines/incident.context.ts';
import type { RollbackContext } from '../../state-machines/rollback.context.ts';
import type { Effect } from '../domain/effect.ts';
import type { IncidentRow } from '../domain/ports/store.ts';
import type { Confirmation } from '../domain/ports/verifier.ts';
import type { Resting } from './machines.ts';

/** One incident that is not closed, as the engine holds it in memory. Every change of it is a commit. */
export interface Case {
  incident: Resting<IncidentContext>;
  approval: Resting<ApprovalContext> | null;
  rollback: Resting<RollbackContext> | null;
  /** By `op_id`. */
  readonly effects: Map<string, Effect>;
  /** Progress of the incident's own rules after the rollback; begun anew after a restart. */
  confirmations: Confirmation[];
  /** After a restart nothing that waited acts before one fresh reading confirmed the breach. */
  needsFreshReading: boolean;
  /** Grows each time the case enters a state, so that what belongs to an earlier stay is told apart. */
  visits: number;
  /** Listed apart from the machines' own states, for people. */
  closedAt: number | null;
}

export function newCase(incident: Resting<IncidentContext>): Case {
  return {
    incident,
    approval: null,
    rollback: null,
    effects: new Map(),
    confirmations: [],
    needsFreshReading: false,
    visits: 0,
    closedAt: null,
  };
}

/** What people read as the incident's state: while rolling back, what the rollback does. */
export function stateOf({ incident, rollback }: Case): string {
  if (incident.value !== 'rolling_back' || rollback === null) return incident.value;
  const words: Record<string, string> = {
    stepping: 'rolling_back',
    settling: 'verifying',
    checking: 'verifying',
    confirming: 'verifying',
    releasing: 'releasing',
    holding: 'holding',
    undoing: 'undoing',
    paused: 'halted',
  };
  return words[rollback.value] ?? rollback.value;
}

/** The row that listings show. */
export function rowOf(open: Case): IncidentRow {
  const { context } = open.incident;
  return {
    id: context.id,
    target: context.target,
    severity: context.severity,
    rule: context.lead.rule,
    state: stateOf(open),
    outcome: context.outcome,
    reason: context.reason,
    openedAt: context.openedAt,
    closedAt: open.closedAt,
    marks: context.marks,
  };
}

/** Before its first effect an incident follows the present rules; from then on it keeps its own copy. */
export function hasBegun({ incident }: Case): boolean {
  return incident.value === 'rolling_back' || incident.context.marks.firstEffectAt !== null;
}
