import type { PlanView, ReleaseView } from '../domain/ports/daemon.ts';
import { fitted } from './columns.ts';
import { paintStanding, type Paint } from './paint.ts';

/** Which plan, from which release to which. */
export function planHead({ playbook, target, digest, risk, from, to }: PlanView, paint: Paint): string[] {
  const danger = risk === 'safe' ? risk : risk === 'disruptive' ? paint.yellow(risk) : paint.red(risk);
  // What was refused before there was a plan has neither.
  const what = digest === '' ? '' : `, ${danger}, digest ${digest}`;
  return [
    `${paint.bold('PLAN')}  ${playbook} for ${target}${what}`,
    `  from  ${release(from, paint)}`,
    `  to    ${release(to, paint)}`,
  ];
}

/** The steps, numbered from 1. */
export function stepTexts(steps: readonly string[], width: number): string[] {
  return indented(
    steps.map((step, index) => [String(index + 1), step]),
    width,
  );
}

/** What preflight found. */
export function findingLines(
  { findings }: Pick<PlanView, 'findings'>,
  paint: Paint,
  width: number,
): string[] {
  const rows = findings.map(({ level, step, message }) => [
    level === 'refuse' ? paint.red(level) : paint.yellow(level),
    `step ${step + 1}`,
    message,
  ]);
  return indented(rows, width);
}

function indented(rows: readonly (readonly string[])[], width: number): string[] {
  return fitted(rows, width - 2).map((line) => `  ${line}`);
}

function release(view: ReleaseView | null, paint: Paint): string {
  if (view === null) return paint.dim('none');
  return `${view.name}  ${paintStanding(paint, view.standing)}, ${view.because}`;
}
