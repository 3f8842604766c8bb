import { begin, type IncidentContext } from '../../state-machines/incident.context.ts';
import type { ApprovalContext } from '../../state-machines/approval.machine.ts';
import type { RollbackContext } from '../../state-machines/rollback.context.ts';
import type { Effect } from '../domain/effect.ts';
import type { IncidentRow, Loaded, Snapshot } from '../domain/ports/store.ts';
import { MINUTE, SECOND } from '../domain/time.ts';
import { newCase, type Case } from './case.ts';
import type { Core } from './core.ts';
import { handOver } from './ending.ts';
import { followConfiguration, type Gone } from './reconfigure.ts';
import { approvals, foreignTo, fromSnapshot, incidents, rollbacks } from './machines.ts';

/** The shortest time that people get for an open question after a restart. */
const leastQuestionMs = 2 * MINUTE;
/** Written while anything is open, so that a start knows how long the daemon was away. */
export const aliveKey = 'alive';
export const aliveEveryMs = 5 * SECOND;

/** What a start found: cases to go on with, and those that nobody may guess about, with the reason. */
export interface Restored {
  readonly cases: readonly Case[];
  readonly parked: ReadonlyMap<Case, string>;
}

/** Brings back what was open. Snapshots are resumed, never replayed. */
export function restoreCases(core: Core, loaded: Loaded): Restored {
  for (const { key, value } of loaded.controls) core.book.setControl(key, value);
  core.book.loaded = true;
  const parked = new Map<Case, string>();
  const cases = loaded.incidents.map((row) => {
    const own = loaded.snapshots.filter(({ incident }) => incident === row.id);
    const effects = loaded.effects.filter(({ incident }) => incident === row.id);
    const restored = restore(own);
    const open = 'problem' in restored ? park(row, restored.problem, effects) : restored;
    if ('problem' in restored) parked.set(open, open.incident.context.reason);
    for (const effect of effects) open.effects.set(effect.opId, effect);
    core.book.add(open);
    return open;
  });
  return { cases, parked };
}

/**
 * Takes up where the last daemon stopped: the same path after a clean stop and after `kill -9`.
 *
 * Effects that were started are looked into before anything new starts; what the configuration no longer knows is
 * withdrawn, as in a reload.
 */
export async function resume(core: Core, { cases, parked }: Restored, gone: readonly Gone[]): Promise<void> {
  const aliveAt = Number(core.book.controls.get(aliveKey) ?? core.parts.clock.now());
  core.book.head = (await core.parts.store.head()).hash;
  await core.turn((turn, flow) => {
    turn.note({
      type: 'daemon.started',
      message: `started; ${cases.length} open incidents taken up`,
      facts: { epoch: core.parts.store.epoch, open: cases.length },
    });
    for (const open of cases) {
      turn.touch(open);
      if (parked.has(open)) {
        handOver(flow, turn, open);
        continue;
      }
      keepTime(open, aliveAt, turn.at, (dueAt) =>
        flow.approval(turn, open, { type: 'resumed', at: turn.at, dueAt }),
      );
      followConfiguration(turn, flow, open, gone);
    }
  });
}

/** A case as its snapshots have it, or why it cannot be taken up as it is. */
function restore(own: readonly Snapshot[]): Case | { readonly problem: string } {
  const incident = take<IncidentContext>(own, incidents);
  if (incident === null) return { problem: foreignTo(incidents, own) ?? 'its state is missing' };
  const open = newCase(incident);
  open.approval = take<ApprovalContext>(own, approvals);
  open.rollback = take<RollbackContext>(own, rollbacks);
  // Whatever its question or rollback was, a person owns it already.
  const problem = incident.value === 'handed_over' ? null : whyIncomplete(open, own);
  if (problem !== null) return { problem };
  open.needsFreshReading = waits(open);
  return open;
}

function whyIncomplete({ incident, approval, rollback }: Case, own: readonly Snapshot[]): string | null {
  const foreign = foreignTo(approvals, own) ?? foreignTo(rollbacks, own);
  if (foreign !== null) return foreign;
  if (incident.value === 'asking' && approval === null) return 'its question is missing';
  return incident.value === 'rolling_back' && rollback === null ? 'its rollback is missing' : null;
}

function take<Context>(
  snapshots: readonly Snapshot[],
  kind: Parameters<typeof fromSnapshot<Context>>[0],
): { readonly value: string; readonly context: Context } | null {
  const snapshot = snapshots.find(({ machine }) => machine === kind.name);
  return snapshot === undefined ? null : fromSnapshot<Context>(kind, snapshot);
}

/** An incident that cannot be read is not lost: a person owns it, with everything that is known of it. */
function park(row: IncidentRow, problem: string, effects: readonly Effect[]): Case {
  const unfinished = effects.filter(({ state }) => state === 'started').map(({ kind }) => kind);
  const doubt =
    unfinished.length === 0 ? '' : `; ${unfinished.join(', ')} was started and may not have come to an end`;
  const context = begin({
    id: row.id,
    target: row.target,
    at: row.openedAt,
    origin: { by: 'signals' },
    named: null,
    level: null,
    lead: { rule: row.rule, severity: row.severity },
    playbook: null,
  });
  const reason = `it was ${row.state.replaceAll('_', ' ')} and cannot be taken up: ${problem}${doubt}`;
  return newCase({
    value: 'handed_over',
    context: { ...context, marks: row.marks, outcome: 'handed_over', reason },
  });
}

/** What waited for a decision acts only after a fresh reading; what a person asked for has no reading to wait for. */
function waits({ incident }: Case): boolean {
  const { levels, marks } = incident.context;
  const before = ['halted', 'planning', 'asking', 'starting'].includes(incident.value);
  const untouched = incident.value === 'rolling_back' && marks.firstEffectAt === null;
  return (before || untouched) && levels.length > 0;
}

/** Open questions keep their remaining time: time that the daemon was away is not people's time. */
function keepTime(open: Case, aliveAt: number, now: number, apply: (dueAt: number) => void): void {
  const { approval } = open;
  if (approval?.value !== 'open') return;
  // The last sign of life may be older than the question, and the question of a time that is still to come: the clock
  // was set back. It never gets more than it had.
  const leftAt = Math.max(approval.context.askedAt, Math.min(now, aliveAt));
  const remainingMs = approval.context.dueAt - leftAt;
  apply(now + Math.max(remainingMs, leastQuestionMs));
}
