import type { IncidentView } from '../domain/ports/daemon.ts';
import { rtoPhases, type PhaseTime } from '../domain/ports/store.ts';
import { formatDuration } from '../domain/time.ts';
import { columns } from './columns.ts';
import { spaced } from './ending.ts';
import type { Paint } from './paint.ts';
import { durationOrDash } from './times.ts';

/** Actual against objective, phase by phase. */
export function rtoLines(rto: IncidentView['rto'], paint: Paint): string[] {
  if (rto === null) return [];
  const rows = rtoPhases.map((phase) => {
    const { actualMs, objectiveMs } = rto[phase];
    return [spaced(phase), durationOrDash(actualMs), durationOrDash(objectiveMs), verdict(rto[phase], paint)];
  });
  return columns([['PHASE', 'ACTUAL', 'OBJECTIVE', ''].map(paint.dim), ...rows]);
}

function verdict({ actualMs, objectiveMs }: PhaseTime, paint: Paint): string {
  if (actualMs === null || objectiveMs === null) return '';
  if (actualMs <= objectiveMs) return paint.green('within');
  return paint.red(`over by ${formatDuration(actualMs - objectiveMs)}`);
}
