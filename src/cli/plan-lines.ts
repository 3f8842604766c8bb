import type { PlanView, ReleaseView } from '../domain/ports/daemon.ts';
import { columns } from './columns.ts';
import { paintStanding, type Paint } from './paint.ts';

/** Which plan, from which release to which. */
export function planHead({ playbook, target, digest, risk, from, to }: PlanView, paint: Paint): string[] {
  const danger = risk === 'safe' ? risk : risk === 'disruptive' ? paint.yellow(risk) : paint.red(risk);
  return [
    `${paint.bold('PLAN')}  ${playbook} for ${target}, ${danger}, digest ${digest}`,
    `  from  ${release(from, paint)}`,
    `  to    ${release(to, paint)}`,
  ];
}

/** The steps, numbered from 1. */
export function stepTexts(steps: readonly string[]): string[] {
  return columns(
    steps.map((step, index) => [String(index + 1), step]),
    '  ',
  );
}

/** What preflight found. */
export function findingLines({ findings }: PlanView, paint: Paint): string[] {
  const rows = findings.map(({ level, step, message }) => [
    level === 'refuse' ? paint.red(level) : paint.yellow(level),
    `step ${step + 1}`,
    message,
  ]);
  return columns(rows, '  ');
}

function release(view: ReleaseView | null, paint: Paint): string {
  if (view === null) return paint.dim('none');
  return `${view.name}  ${paintStanding(paint, view.standing)}, ${view.because}`;
}
