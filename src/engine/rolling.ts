import type { RollbackResult, StepShape } from '../../state-machines/rollback.context.ts';
import { controlKeys, type Cooldown } from '../domain/controls.ts';
import { riskOf, risks, type Plan, type Step } from '../domain/plan.ts';
import type { Driver } from '../domain/ports/driver.ts';
import { formatDuration, HOUR } from '../domain/time.ts';
import type { Case } from './case.ts';
import type { Moves } from './moves.ts';
import { rollbacks } from './machines.ts';
import type { Turn } from './turn.ts';
import { wordStarter } from './policy.ts';
import { wayOf } from './words.ts';

/** Starts the rollback of a case that entered `rolling_back`. Budget and cooldown are charged before the act. */
export function beginRollback(flow: Moves, turn: Turn, open: Case): void {
  const { id, plan, approvedBy, decision } = open.incident.context;
  if (plan === null) return;
  if (approvedBy === null && !isCharged(flow, open)) charge(flow, turn, open);
  open.rollback = rollbacks.begin({
    incident: id,
    planDigest: plan.digest,
    firstGeneration: 1 + lastGeneration(open, plan.digest),
    steps: plan.steps.map((step) => shapeOf(step, flow.parts.drivers[step.kind])),
    settleMs: plan.verification.settleMs,
    phases: plan.verification.phases.map(({ name, withinMs }) => ({ name, withinMs })),
  });
  open.confirmations = [];
  turn.note(
    {
      type: 'rollback.begun',
      message: `rolling ${plan.target} back, ${wordStarter(decision, approvedBy)}`,
      facts: { digest: plan.digest, ...wayOf(plan), steps: plan.descriptions },
    },
    open,
  );
  flow.followRollback(turn, open);
}

function shapeOf(step: Step, driver: Driver | undefined): StepShape {
  const { kind, retries } = step;
  return {
    kind,
    retries,
    undoable: driver?.undo !== undefined && (driver.undoable?.(step) ?? true),
    holds: driver?.release !== undefined,
    replaces: step.risk === 'destructive-data' || (driver?.replaces?.(step) ?? []).length > 0,
  };
}

/** The same plan may have been tried before, at a person's word: its effects keep their ids to themselves. */
function lastGeneration({ effects, incident }: Case, planDigest: string): number {
  const own = `${incident.context.id}/${planDigest}/`;
  const tried = [...effects.values()].filter(({ opId }) => opId.startsWith(own));
  return Math.max(0, ...tried.map(({ generation }) => generation));
}

/** Tells the incident how its rollback ended. */
export function endRollback(flow: Moves, turn: Turn, open: Case): void {
  const { rollback } = open;
  const { plan, tried } = open.incident.context;
  const result = rollback?.context.result;
  if (rollback === null || plan === null || result === null || result === undefined) return;
  const reason = reasonFor(result, rollback.context.reason);
  if (result === 'passed') return flow.incident(turn, open, { type: 'rolledBack', at: turn.at, reason });
  const next = plan.otherwisePlaybook;
  const mayGoOn = result === 'failed' || result === 'not_verified' || result === 'not_recovered';
  const nextPlaybook =
    mayGoOn && next !== null && next !== plan.playbook && !tried.includes(next) ? next : null;
  const riskier = nextPlaybook !== null && risksMore(flow, nextPlaybook, plan);
  flow.incident(turn, open, { type: 'rollbackFailed', at: turn.at, reason, nextPlaybook, riskier });
}

/** What is not known, e.g. since a reload took it away, counts as the worst. */
function risksMore({ book, parts }: Moves, playbook: string, { steps }: Plan): boolean {
  const next = book.configuration.playbooks[playbook]?.steps;
  if (next === undefined) return true;
  const shapes = next.map(({ kind, options }) => {
    const driver = parts.drivers[kind];
    return { risk: driver?.riskOf?.(options) ?? driver?.risk ?? 'destructive-data' } as const;
  });
  return risks.indexOf(riskOf(shapes)) > risks.indexOf(riskOf(steps));
}

function reasonFor(result: RollbackResult, detail: string): string {
  const words: Record<RollbackResult, string> = {
    passed: 'rolled back and verified',
    failed: 'a step failed',
    in_doubt: 'nobody can tell whether a step happened',
    not_verified: 'verification failed',
    not_recovered: 'the breach goes on after the rollback, so the release was not its cause',
    worse: 'it became worse after the rollback',
    inconclusive: 'verification is inconclusive',
    undone: 'the rollback was undone',
  };
  return detail === '' ? words[result] : `${words[result]}: ${detail}`;
}

/** The second playbook of an incident is the same rollback. */
function isCharged(flow: Moves, { incident }: Case): boolean {
  const { id, target } = incident.context;
  return flow.book.control<Cooldown>(controlKeys.cooldown(target))?.incident === id;
}

/** After an automatic rollback none on this target for its cooldown, and until the incident settled. */
function charge(flow: Moves, turn: Turn, open: Case): void {
  const { id, target } = open.incident.context;
  const { budget } = flow.book.configuration;
  const used = flow.parts.decider.budgetUsed(turn.at, budget.perMs, flow.book.controls);
  turn.control(controlKeys.budget, [...used, turn.at]);
  const cooldownMs = flow.book.target(target)?.cooldownMs ?? HOUR;
  const cooldown: Cooldown = { incident: id, until: turn.at + cooldownMs, settled: false };
  turn.control(controlKeys.cooldown(target), { ...cooldown });
  turn.note(
    {
      type: 'budget.charged',
      message: `automatic rollback ${used.length + 1} of ${budget.rollbacks} within ${formatDuration(budget.perMs)}`,
      facts: { cooldownUntil: cooldown.until },
    },
    open,
  );
}
