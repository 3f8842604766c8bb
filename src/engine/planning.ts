import type { Decision } from '../domain/incident.ts';
import type { Plan } from '../domain/plan.ts';
import type { Planned } from '../domain/ports/planner.ts';
import { SECOND } from '../domain/time.ts';
import type { Case } from './case.ts';
import type { Core } from './core.ts';
import { judgeWithPlan } from './judging.ts';
import { ruleOf } from './levels.ts';
import { askPatiently } from './patience.ts';
import { candidateFor, playbookFor } from './situation.ts';

/** A plan older than this is built anew before its first effect. */
const freshMs = SECOND;
/** Facts may change under a plan this often; then a person sorts it out. */
const mostVoids = 2;

/** Builds and preflights the plan of a case that is `planning`, and judges again now that its risk is known. */
export async function makePlan(core: Core, open: Case, signal: AbortSignal): Promise<void> {
  const visit = open.visits;
  const planned = await buildPatiently(core, open, signal);
  // The daemon stops, or the case moved on: what could not be read because of that refuses nothing.
  if (signal.aborted) return;
  await core.turn((turn, flow) => {
    if (open.visits !== visit) return;
    if (planned.plan === null)
      return flow.incident(turn, open, { type: 'refused', at: turn.at, reason: planned.refusal });
    const { plan } = planned;
    const decision = judgeWithPlan(flow, open, plan, false);
    flow.incident(turn, open, { type: 'planned', at: turn.at, plan, decision });
  });
}

/**
 * Right before the first effect: the facts are read again, the guards run again, also after an approval.
 *
 * An approval holds for exactly the plan that was shown; any other plan is a new question.
 */
export async function beginPlan(core: Core, open: Case, signal: AbortSignal): Promise<void> {
  const visit = open.visits;
  const shown = open.incident.context.plan;
  if (shown === null) return;
  const holds = core.parts.clock.now() - shown.builtAt <= freshMs && (await stillSo(core, shown, signal));
  const fresh = holds ? { plan: shown, refusal: null } : await buildPatiently(core, open, signal);
  if (signal.aborted) return;
  await core.turn((turn, flow) => {
    if (open.visits !== visit) return;
    if (fresh.plan === null)
      return flow.incident(turn, open, { type: 'refused', at: turn.at, reason: fresh.refusal });
    const { plan } = fresh;
    if (plan.digest !== shown.digest)
      return voidPlan(open, shown, plan, (event) => flow.incident(turn, open, { ...event, at: turn.at }));
    const expired = isExpired(open);
    const decision = judgeWithPlan(flow, open, plan, expired);
    if (decision.action === 'rollback' && !decision.halted) {
      return flow.incident(turn, open, { type: 'begun', at: turn.at, plan, pinned: pinnedRules(core, open) });
    }
    flow.incident(turn, open, { type: 'judged', at: turn.at, decision: afterExpiry(decision, expired) });
  });
}

/** A short outage of what the facts are read from is waited out before it refuses a plan. */
function buildPatiently(core: Core, open: Case, signal: AbortSignal): Promise<Planned> {
  const ask = () => build(core, open, signal);
  return askPatiently(
    core.parts.clock,
    ask,
    (planned) => planned.plan === null && planned.passing === true,
    signal,
  );
}

/** Resolves the playbook for the case as it stands. A dry run takes the same way. */
export function build(core: Core, open: Case, signal: AbortSignal): Promise<Planned> {
  const { parts, book } = core;
  const { context } = open.incident;
  const at = parts.clock.now();
  const target = book.target(context.target);
  if (target === null) return refused(`${context.target} is no longer configured`);
  const playbook = playbookFor(book, open, target, wantOf(context.decision));
  if (playbook === null) return refused(`the playbook of ${target.name} is no longer configured`);
  const candidate = candidateFor(parts, open, target, at);
  if (candidate.release === null && parts.planner.needsRelease(playbook)) return refused(candidate.problem);
  const from = parts.releases.current(target.name);
  return parts.planner.build(
    {
      incident: context.id,
      target,
      playbook,
      from,
      // A playbook that goes nowhere, e.g. a restart, proves nothing about releases.
      to: parts.planner.needsRelease(playbook) ? candidate.release : null,
      releases: parts.releases.list(target.name),
      at,
    },
    signal,
  );
}

/** Whether what the first disruptive step would act on is as the plan saw it. */
async function stillSo(core: Core, { steps, identities }: Plan, signal: AbortSignal): Promise<boolean> {
  const step = steps.find(({ risk }) => risk !== 'safe');
  if (step === undefined) return true;
  try {
    const facts = await core.parts.drivers[step.kind]?.read(step, signal);
    return facts?.identity === identities[step.index];
  } catch {
    // Planning it anew says what is the matter.
    return false;
  }
}

type Ending = { readonly type: 'voided' | 'refused'; readonly reason: string };

function voidPlan(open: Case, shown: Plan, found: Plan, dispatch: (event: Ending) => void): void {
  const reason = `the facts changed: plan ${shown.digest} would now be ${found.digest}`;
  if (open.incident.context.voided < mostVoids) return dispatch({ type: 'voided', reason });
  dispatch({
    type: 'refused',
    reason: `${reason}; they changed more than ${mostVoids} times, so a person decides`,
  });
}

/** What is to begin is what an unanswered question was about. */
function isExpired({ approval, incident }: Case): boolean {
  const { decision, approvedBy } = incident.context;
  return approval?.value === 'expired' && decision?.action === 'ask' && approvedBy === null;
}

/** The question is over: what would be asked once more is handed over instead. */
function afterExpiry(decision: Decision, expired: boolean): Decision {
  if (!expired || decision.action !== 'ask') return decision;
  const because = decision.reason.replace(/^asks because /, '');
  return { ...decision, action: 'hand_over', reason: `nobody answered, and ${because}` };
}

function pinnedRules(core: Core, open: Case) {
  return open.incident.context.levels.flatMap(({ rule }) => ruleOf(core.book, rule) ?? []);
}

function wantOf(decision: Decision | null) {
  return { action: 'rollback' as const, playbook: decision?.playbook ?? null };
}

function refused(refusal: string): Promise<Planned> {
  return Promise.resolve({ plan: null, refusal, findings: [] });
}
