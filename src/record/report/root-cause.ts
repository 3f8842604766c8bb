import type { FiredLevel } from '../../domain/incident.ts';
import type { IncidentView } from '../../domain/ports/daemon.ts';
import { formatDuration } from '../../domain/time.ts';
import { isRequest, leadOf, utc, utcTime, type ReportInput } from './course.ts';
import { table, text, type Block, type Line, type Section } from './document.ts';

/** What happened, what changed before, and what only people can say. */
export function rootCause(input: ReportInput): Section {
  const { incident } = input;
  return {
    title: 'Root cause analysis',
    blocks: [
      {
        kind: 'facts',
        numbered: true,
        facts: [
          { name: 'What happened', value: whatHappened(incident) },
          { name: 'What changed before', value: whatChanged(input) },
          { name: 'Why it happened', value: [{ fill: 'the root cause' }] },
          {
            name: 'Impact',
            value: [
              { code: incident.target },
              ` in ${input.environment}; users affected: `,
              { fill: 'how many, and what they saw' },
              '; data impacted: ',
              { fill: 'what was lost, or written wrongly' },
            ],
          },
        ],
      },
      ...levelTable(incident),
      ...blameWords(incident),
    ],
  };
}

function whatHappened(incident: IncidentView): Line {
  const level = leadOf(incident);
  if (isRequest(incident) || level === undefined)
    return ['a person asked for it before any rule fired: ', { fill: 'what they saw' }];
  const summary = incident.series.find(({ rule }) => rule === level.rule)?.summary ?? '';
  const about = summary === '' ? '' : ` (${summary})`;
  return [
    { code: level.rule },
    `${about} breached from ${utc(level.since)} on and fired ${formatDuration(level.firedAt - level.since)} later: ${level.detail}, threshold: ${level.condition}. `,
    { fill: 'what that meant' },
  ];
}

function whatChanged({ incident, change }: ReportInput): Line {
  const from = incident.marks.breachedAt ?? incident.openedAt;
  if (change === null)
    return ['no arrival of a release is known before it; ', { fill: 'what else was changed' }];
  const distance =
    change.at <= from
      ? `${formatDuration(from - change.at)} before ${isRequest(incident) ? 'the request' : 'the first breaching reading'}`
      : `${formatDuration(change.at - from)} after the first breaching reading`;
  return [
    'release ',
    { code: change.release },
    ` was first seen at ${utc(change.at)}, ${distance}; `,
    { fill: 'what it changed' },
  ];
}

function levelTable({ levels, openedAt, target }: IncidentView): readonly Block[] {
  if (levels.length === 0) return [];
  return [
    { kind: 'heading', text: 'Levels that fired' },
    table(
      ['Level', 'Rule', 'Read', 'Threshold', 'Breaching since', 'Fired', 'Recovered'],
      levels.map((level) => levelRow(level, openedAt, target)),
    ),
  ];
}

function levelRow(level: FiredLevel, day: number, target: string): readonly Line[] {
  const where = level.subject === target ? [] : [' on ', { code: level.subject }];
  return [
    [level.severity.toUpperCase()],
    [{ code: level.rule }, ...where],
    [level.detail],
    [level.condition],
    [utcTime(level.since, day)],
    [utcTime(level.firedAt, day)],
    [level.recoveredAt === null ? 'not yet' : utcTime(level.recoveredAt, day)],
  ];
}

/** The guards that look at causes say what speaks against the release. */
function blameWords({ decision }: IncidentView): readonly Block[] {
  const doubts = (decision?.objections ?? []).filter(
    ({ guard }) => guard === 'blame' || guard === 'already_firing' || guard === 'many_targets',
  );
  return doubts.map(({ reason }) => text('The cause may be elsewhere: ', reason, '.'));
}
