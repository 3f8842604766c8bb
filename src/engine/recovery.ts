import type { IncidentContext } from '../../state-machines/incident.context.ts';
import type { ApprovalContext } from '../../state-machines/approval.machine.ts';
import type { RollbackContext } from '../../state-machines/rollback.context.ts';
import type { Loaded, Snapshot } from '../domain/ports/store.ts';
import { MINUTE, SECOND } from '../domain/time.ts';
import { newCase, type Case } from './case.ts';
import type { Core } from './core.ts';
import { approvals, fromSnapshot, incidents, rollbacks } from './machines.ts';

/** The shortest time that people get for an open question after a restart. */
const leastQuestionMs = 2 * MINUTE;
/** Written while anything is open, so that a start knows how long the daemon was away. */
export const aliveKey = 'alive';
export const aliveEveryMs = 5 * SECOND;

/**
 * Takes up where the last daemon stopped: the same path after a clean stop and after `kill -9`.
 *
 * Snapshots are resumed, never replayed; effects that were started are looked into before anything new starts.
 */
export async function resume(core: Core, loaded: Loaded): Promise<void> {
  for (const { key, value } of loaded.controls) core.book.controls.set(key, value);
  const aliveAt = Number(core.book.controls.get(aliveKey) ?? core.parts.clock.now());
  const cases = loaded.incidents.flatMap((row) => restore(loaded, row.id) ?? []);
  for (const open of cases) core.book.add(open);
  core.book.head = (await core.parts.store.head()).hash;
  await core.turn((turn, flow) => {
    turn.note({
      type: 'daemon.started',
      message: `started; ${cases.length} open incidents taken up`,
      facts: { epoch: core.parts.store.epoch, open: cases.length },
    });
    for (const open of cases) {
      turn.touch(open);
      prolong(open, aliveAt, turn.at, (dueAt) =>
        flow.approval(turn, open, { type: 'prolonged', at: turn.at, dueAt }),
      );
      if (open.incident.value === 'judging') open.needsFreshReading = true;
    }
  });
}

function restore(loaded: Loaded, id: string): Case | null {
  const own = loaded.snapshots.filter(({ incident }) => incident === id);
  const incident = take<IncidentContext>(own, incidents);
  if (incident === null) return null;
  const open = newCase(incident);
  open.approval = take<ApprovalContext>(own, approvals);
  open.rollback = take<RollbackContext>(own, rollbacks);
  for (const effect of loaded.effects) if (effect.incident === id) open.effects.set(effect.opId, effect);
  open.needsFreshReading = waits(open);
  return open;
}

function take<Context>(
  snapshots: readonly Snapshot[],
  kind: Parameters<typeof fromSnapshot<Context>>[0],
): { readonly value: string; readonly context: Context } | null {
  const snapshot = snapshots.find(({ machine }) => machine === kind.name);
  return snapshot === undefined ? null : fromSnapshot<Context>(kind, snapshot);
}

/** What waited for a decision acts only after a fresh reading; what a person asked for has no reading to wait for. */
function waits({ incident }: Case): boolean {
  const before = ['judging', 'planning', 'asking', 'starting'].includes(incident.value);
  return before && incident.context.levels.length > 0;
}

/** Open questions keep their remaining time: time that the daemon was away is not people's time. */
function prolong(open: Case, aliveAt: number, now: number, apply: (dueAt: number) => void): void {
  const { approval } = open;
  if (approval?.value !== 'open') return;
  const remainingMs = approval.context.dueAt - Math.min(aliveAt, now);
  apply(now + Math.max(remainingMs, leastQuestionMs));
}
