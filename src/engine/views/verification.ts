import type { Phase, Verification } from '../../domain/playbook.ts';
import { render, type TemplateScope } from '../../domain/template.ts';
import { formatDuration } from '../../domain/time.ts';

/** How a plan is verified, one line a phase, as people who are asked about it read it: checks by what they will ask. */
export function verificationLines(
  { settleMs, phases }: Verification,
  scope: TemplateScope,
): readonly string[] {
  return [
    ...phases.map((phase) => phaseLine(render(phase, scope))),
    `the incident's own rules recover on fresh readings, looked at from ${formatDuration(settleMs)} after the last step`,
  ];
}

function phaseLine({ name, withinMs, checks }: Phase): string {
  return `${name} within ${formatDuration(withinMs)}: ${checks.map((check) => check.name).join(', ')}`;
}
