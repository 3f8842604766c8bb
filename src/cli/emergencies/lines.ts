import type { PlanView, StatusView } from '../../domain/ports/daemon.ts';
import { ending } from '../ending.ts';
import type { Paint } from '../paint.ts';
import { findingLines, planHead, stepTexts } from '../plan-lines.ts';
import { rtoLines } from '../rto-lines.ts';
import type { Followed } from './follow-rollback.ts';

/** What runs now, where it goes back to, by which steps, and what it goes before. */
export function emergencyPlanLines(
  plan: PlanView,
  { targets, open }: StatusView,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const target = targets.find(({ name }) => name === plan.target);
  const incident = open.find((row) => row.target === plan.target);
  const frozen = target?.frozen ?? null;
  return [
    ...planHead(plan, paint),
    ...stepTexts(plan.steps, width),
    ...findingLines(plan, paint, width),
    ...(incident === undefined ? [] : [`  joins ${incident.id}: ${incident.reason}`]),
    ...(frozen === null ? [] : [`  goes before: ${paint.yellow(frozen)}`]),
    ...plan.destroys.map((step) => `  ${paint.red('destroys data')}: ${step}; takes a DBA or two people`),
    ...(plan.refusal === null ? [] : [`  ${paint.red('refused')}  ${plan.refusal}`]),
    '',
  ];
}

/** How it ended, how long that took against its objectives, and what is left to do. */
export function endLines({ view, verified }: Followed, paint: Paint): string[] {
  const { id, target, reason, rto, byHand } = view;
  const word = verified ? paint.green('VERIFIED') : paint.red('NOT VERIFIED');
  return [
    '',
    `${word}  ${target}, ${ending(view, paint)}: ${reason}`,
    ...rtoLines(rto, paint),
    ...(byHand.length === 0 ? [] : ['by hand now:', ...byHand.map((line) => `  ${line}`)]),
    paint.dim(`rollbackd show ${id}`),
  ];
}
