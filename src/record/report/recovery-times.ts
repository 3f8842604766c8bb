import { rtoPhases, type PhaseTime } from '../../domain/ports/store.ts';
import { formatDuration } from '../../domain/time.ts';
import { durationOrDash, spaced, type ReportInput } from './course.ts';
import { text, type Line, type Section } from './document.ts';

/** Each phase against its objective. */
export function recoveryTimes({ incident: { rto, marks, closedAt } }: ReportInput): Section {
  const title = 'Time to recover';
  if (rto === null) return { title, blocks: [text('No times were recorded.')] };
  const rows = rtoPhases.map((phase): readonly Line[] => [
    [phaseWords[phase]],
    [durationOrDash(rto[phase].actualMs)],
    [durationOrDash(rto[phase].objectiveMs)],
    [verdictOf(rto[phase])],
  ]);
  return {
    title,
    blocks: [
      { kind: 'times', marks, rto },
      { kind: 'table', head: ['Phase', 'Actual', 'Objective', ''], rows, numbers: [1, 2] },
      ...(closedAt === null ? [text('The incident is open: what has not ended yet is not counted.')] : []),
    ],
  };
}

const phaseWords = {
  detection: 'detection: first breaching reading to detected',
  decision: 'decision: detected to decided, without people',
  people: 'people: asked to answered',
  rollback: 'rollback: first effect to last effect',
  verification: 'verification: last effect to verified',
  total: 'total',
  total_without_people: spaced('total_without_people'),
} as const;

function verdictOf({ actualMs, objectiveMs }: PhaseTime): string {
  if (actualMs === null || objectiveMs === null) return '';
  return actualMs <= objectiveMs ? 'within' : `over by ${formatDuration(actualMs - objectiveMs)}`;
}
