import { crashPoint } from '../domain/crash-point.ts';
import type { Evaluation } from '../domain/ports/detection.ts';
import type { CheckResult, Confirmation } from '../domain/ports/verifier.ts';
import type { Rule, Severity } from '../domain/rule.ts';
import type { Book } from './book.ts';
import type { Case } from './case.ts';
import type { Core } from './core.ts';
import type { Flow } from './flow.ts';
import { ownRule } from './situation.ts';
import type { Turn } from './turn.ts';

/** Runs the present phase of a case that is being checked. */
export async function checkPhase(core: Core, open: Case, signal: AbortSignal): Promise<void> {
  const { plan } = open.incident.context;
  const { rollback } = open;
  const phase = plan?.verification.phases[rollback?.context.phase ?? -1];
  if (plan === null || rollback === null || phase === undefined) return;
  const { phase: index, dueAt } = rollback.context;
  const target = core.book.target(plan.target) ?? plan.steps[0]?.target ?? null;
  const result = await core.parts.verifier.run(
    phase,
    { target, from: plan.from, to: plan.to, incident: open.incident.context.id },
    dueAt,
    signal,
  );
  if (signal.aborted) return;
  await core.turn((turn, flow) =>
    flow.rollback(turn, open, {
      type: 'checked',
      at: turn.at,
      phase: index,
      passed: result.passed,
      inconclusive: result.inconclusive,
      reason: core.parts.scrub(sentence(result.checks)),
    }),
  );
}

/** Begins to ask whether the incident's own rules recovered. Without any, e.g. after a request, the checks were all. */
export async function beginConfirming(core: Core, open: Case): Promise<void> {
  await core.turn((turn, flow) => {
    const { plan } = open.incident.context;
    const { rollback } = open;
    if (plan === null || rollback?.value !== 'confirming' || open.confirmations.length > 0) return;
    const effectAt = rollback.context.lastEffectAt ?? turn.at;
    const { settleMs } = plan.verification;
    const levels = levelsToProve(flow.book, open);
    if (levels.length === 0) return confirm(turn, flow, open, 'verified by its checks');
    open.confirmations = levels.map(({ rule, severity }) =>
      core.parts.confirmer.begin(rule, severity, effectAt, settleMs),
    );
    const deadline = core.parts.confirmer.deadline(levels, effectAt, settleMs);
    const spared = core.parts.confirmer.deadline(levels, turn.at - settleMs, settleMs);
    // After a restart, or long checks, there is still time for one whole recovery.
    flow.rollback(turn, open, { type: 'confirmedUntil', at: turn.at, dueAt: Math.max(deadline, spared) });
  });
}

/** A level that fired while the rollback is being verified, by what went on before it, must recover too. */
export function alsoConfirm(turn: Turn, flow: Flow, open: Case): void {
  const { plan } = open.incident.context;
  const { rollback } = open;
  if (plan === null || rollback?.value !== 'confirming' || open.confirmations.length === 0) return;
  const known = new Set(open.confirmations.map(({ rule, severity }) => `${rule} ${severity}`));
  const levels = levelsToProve(flow.book, open).filter(
    ({ rule, severity }) => !known.has(`${rule.id} ${severity}`),
  );
  if (levels.length === 0) return;
  const { settleMs } = plan.verification;
  const effectAt = rollback.context.lastEffectAt ?? turn.at;
  const { confirmer } = flow.parts;
  const begun = levels.map(({ rule, severity }) => confirmer.begin(rule, severity, effectAt, settleMs));
  open.confirmations = [...open.confirmations, ...begun];
  const dueAt = Math.max(rollback.context.dueAt, confirmer.deadline(levels, turn.at - settleMs, settleMs));
  flow.rollback(turn, open, { type: 'confirmedUntil', at: turn.at, dueAt });
}

/** Folds fresh readings into the confirmations of every case that waits for them. */
export function foldConfirmations(turn: Turn, flow: Flow, evaluation: Evaluation): void {
  for (const open of flow.book.open()) {
    if (open.rollback?.value !== 'confirming' || open.confirmations.length === 0) continue;
    open.confirmations = open.confirmations.map((confirmation) =>
      foldOne(flow, open, confirmation, evaluation),
    );
    if (open.confirmations.every(({ state }) => state === 'recovered')) {
      confirm(
        turn,
        flow,
        open,
        open.confirmations.map(({ rule, detail }) => `${rule}: ${detail}`).join('; '),
      );
    }
  }
}

/**
 * The deadline passed without every rule having recovered. One that was recovering when sight of it was lost, or that
 * was never seen, says nothing; one that was last seen as bad as before does.
 */
export function confirmationOverdue(turn: Turn, flow: Flow, open: Case): void {
  const { plan } = open.incident.context;
  const late = open.confirmations.filter(({ state }) => state !== 'recovered');
  const breaching = late.filter(({ state, known }) => known > 0 && state !== 'recovering');
  const reason = late
    .map(({ rule, detail }) => `${rule}: ${detail === '' ? 'no reading' : detail}`)
    .join('; ');
  if (breaching.length > 0 || plan === null)
    return flow.rollback(turn, open, { type: 'notRecovered', at: turn.at, reason });
  const extendTo = flow.parts.confirmer.deadline(
    levelsToProve(flow.book, open),
    turn.at,
    plan.verification.settleMs,
  );
  flow.rollback(turn, open, { type: 'inconclusive', at: turn.at, reason, extendTo });
}

function confirm(turn: Turn, flow: Flow, open: Case, detail: string): void {
  crashPoint('confirmed.before');
  flow.rollback(turn, open, {
    type: 'confirmed',
    at: turn.at,
    reason: detail,
  });
}

function foldOne(
  flow: Flow,
  open: Case,
  confirmation: Confirmation,
  { rule, readings }: Evaluation,
): Confirmation {
  if (rule.id !== confirmation.rule) return confirmation;
  const level = open.incident.context.levels.find((fired) => fired.rule === rule.id);
  const reading = readings.get(level?.subject ?? open.incident.context.target);
  return reading === undefined
    ? confirmation
    : flow.parts.confirmer.fold(confirmation, pinned(open, rule), reading);
}

/** From the first effect on the incident keeps its own copy of its rules. */
function pinned(open: Case, rule: Rule): Rule {
  return open.incident.context.pinned.find(({ id }) => id === rule.id) ?? rule;
}

/**
 * Every level of the incident, by its own copy of the rule; one that fired later, by the present one. What a rule in
 * shadow says proves nothing.
 */
function levelsToProve(
  book: Book,
  open: Case,
): readonly { readonly rule: Rule; readonly severity: Severity }[] {
  return open.incident.context.levels.flatMap(({ rule: id, severity }) => {
    const rule = ownRule(book, open, id);
    return rule === null || rule.mode === 'shadow' ? [] : [{ rule, severity }];
  });
}

function sentence(checks: readonly CheckResult[]): string {
  return checks.map(({ check, passed, detail }) => `${passed ? '✓' : '✗'} ${check} (${detail})`).join(', ');
}
