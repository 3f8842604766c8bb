import type { Marks } from '../domain/incident.ts';
import { formatDuration } from '../domain/time.ts';

/**
 * How long each phase took so far: `so far: detection 1m, decision 300ms, 1m20s in all`. Times between marks:
 * breached → detected → asked or decided → (people) answered; first → last effect → verified.
 *
 * @returns null before anything was detected
 */
export function progressLine(marks: Marks, at: number): string | null {
  if (marks.breachedAt === null) return null;
  const phases = [
    phase('detection', marks.breachedAt, marks.detectedAt),
    phase('decision', marks.detectedAt, marks.askedAt ?? marks.decidedAt),
    phase('people', marks.askedAt, marks.answeredAt),
    phase('rollback', marks.firstEffectAt, marks.lastEffectAt),
    phase('verification', marks.lastEffectAt, marks.verifiedAt),
    `${formatDuration(at - marks.breachedAt)} in all`,
  ];
  return `so far: ${phases.filter((said) => said !== null).join(', ')}`;
}

function phase(name: string, from: number | null, to: number | null): string | null {
  return from === null || to === null ? null : `${name} ${formatDuration(to - from)}`;
}
