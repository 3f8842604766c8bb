import type { Phase, Verification } from '../../domain/playbook.ts';
import { formatDuration } from '../../domain/time.ts';

/** How a plan is verified, one line a phase, as people who are asked about it read it. */
export function verificationLines({ settleMs, phases }: Verification): readonly string[] {
  return [
    ...phases.map(phaseLine),
    `the incident's own rules recover on fresh readings, looked at from ${formatDuration(settleMs)} after the last step`,
  ];
}

function phaseLine({ name, withinMs, checks }: Phase): string {
  return `${name} within ${formatDuration(withinMs)}: ${checks.map((check) => check.name).join(', ')}`;
}
