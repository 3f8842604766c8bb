import type { Activities } from './activities.ts';
import type { Case } from './case.ts';
import type { Core } from './core.ts';
import { carryOut } from './effects.ts';
import { opIdOf } from '../domain/effect.ts';
import { beginPlan, makePlan } from './planning.ts';
import { beginConfirming, checkPhase } from './verifying.ts';
import { dueEffect } from '../../state-machines/rollback.context.ts';

/** Starts what the state of a case calls for, and lets go of what it no longer calls for. */
export function pursue(core: Core, activities: Activities, open: Case): void {
  const { id } = open.incident.context;
  const stay = open.visits;
  switch (open.incident.value) {
    case 'planning':
      if (!open.needsFreshReading)
        activities.ensure(id, `plan/${stay}`, (signal) => makePlan(core, open, signal));
      return;
    case 'starting':
      if (!open.needsFreshReading)
        activities.ensure(id, `start/${stay}`, (signal) => beginPlan(core, open, signal));
      return;
    case 'rolling_back':
      return open.needsFreshReading ? undefined : pursueRollback(core, activities, open);
    default:
      return activities.cease(id);
  }
}

function pursueRollback(core: Core, activities: Activities, open: Case): void {
  const { rollback } = open;
  const { id } = open.incident.context;
  if (rollback === null) return;
  const due = dueEffect(rollback.value, rollback.context);
  if (due !== null) {
    const opId = opIdOf({ incident: id, planDigest: rollback.context.planDigest, ...due });
    activities.ensure(id, `effect/${opId}/${open.visits}`, (signal) => carryOut(core, open, opId, signal));
    return;
  }
  if (rollback.value === 'checking') {
    activities.ensure(id, `check/${open.visits}`, (signal) => checkPhase(core, open, signal));
  }
  if (rollback.value === 'confirming' && open.confirmations.length === 0) {
    activities.ensure(id, `confirm/${open.visits}`, () => beginConfirming(core, open));
  }
}
