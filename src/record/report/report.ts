import type { IncidentView, Report } from '../../domain/ports/daemon.ts';
import { formatDuration } from '../../domain/time.ts';
import { byHand } from './by-hand.ts';
import { isFinal, isRequest, isRolledBack, leadOf, spaced, utc, type ReportInput } from './course.ts';
import { decisionSection } from './decision-section.ts';
import type { Line, ReportDocument, Tone } from './document.ts';
import { downtimeOf } from './downtime.ts';
import { evidence } from './evidence.ts';
import { prevention, remigration } from './follow-up.ts';
import { incidentSummary } from './incident-summary.ts';
import { markdownOf } from './markdown.ts';
import { pageOf } from './page.ts';
import { proof } from './proof.ts';
import { readings } from './readings.ts';
import { recoveryTimes } from './recovery-times.ts';
import { resolution } from './resolution.ts';
import { rootCause } from './root-cause.ts';
import { timeline } from './timeline.ts';

/**
 * The post-mortem of an incident, filled with all that is known of it; an interim report while it is open. The same
 * input gives the same report, and a closed incident the same at any time.
 */
export function reportOf(input: ReportInput): Report {
  const document = documentOf(input);
  return { name: input.incident.id, markdown: markdownOf(document), html: pageOf(document) };
}

function documentOf(input: ReportInput): ReportDocument {
  const { incident, now } = input;
  const asOf = incident.closedAt === null ? `As of ${utc(now)}; the incident is open. ` : '';
  return {
    title: titleOf(incident),
    badges: badgesOf(incident),
    lead: leadLine(input),
    figures: figuresOf(input),
    sections: [
      incidentSummary(input),
      ...byHand(incident),
      rootCause(input),
      ...readings(input),
      decisionSection(incident),
      resolution(incident),
      recoveryTimes(input),
      prevention(incident),
      remigration(incident),
      timeline(incident),
      ...evidence(incident),
      proof(input),
    ],
    footer: `${asOf}Times are UTC. Made by rollbackd from its journal.`,
  };
}

function titleOf(incident: IncidentView): string {
  const { id, target } = incident;
  return isFinal(incident)
    ? `Post-mortem of ${id}: ${target}${endWords(incident)}`
    : `Interim report on ${id}: ${target}, ${spaced(incident.state)}`;
}

function endWords({ outcome }: IncidentView): string {
  switch (outcome) {
    case 'rolled_back':
      return ' was rolled back';
    case 'recovered':
      return ' recovered';
    case 'withdrawn':
      return ', withdrawn';
    case 'handed_over':
      return ' was handed over';
    case null:
      return '';
  }
}

function badgesOf({ severity, outcome, state, closedAt }: IncidentView): ReportDocument['badges'] {
  const tone: Tone = outcome === 'handed_over' ? 'critical' : outcome === 'withdrawn' ? 'quiet' : 'good';
  return [
    { text: severity.toUpperCase(), tone: severity },
    { text: spaced(outcome ?? state), tone: outcome === null ? 'quiet' : tone },
    ...(closedAt === null ? [{ text: 'open', tone: 'high' as const }] : []),
  ];
}

function leadLine({ incident, environment }: ReportInput): Line {
  const level = leadOf(incident);
  const what: Line =
    isRequest(incident) || level === undefined
      ? ['a person asked for a rollback']
      : [{ code: level.rule }, `: ${level.detail}, threshold: ${level.condition}`];
  return [
    `${utc(incident.openedAt)}, `,
    { code: incident.target },
    ` in ${environment}: `,
    ...what,
    `. ${incident.reason.slice(0, 1).toUpperCase()}${incident.reason.slice(1)}.`,
  ];
}

function figuresOf({ incident, now }: ReportInput): ReportDocument['figures'] {
  const { fromMs, toMs } = downtimeOf(incident);
  const { rto } = incident;
  const long = formatDuration((toMs ?? incident.closedAt ?? now) - fromMs);
  const phase = (ms: number | null | undefined, name: string) =>
    ms === null || ms === undefined ? [] : [{ value: formatDuration(ms), name }];
  return [
    { value: toMs === null ? `${long} +` : long, name: toMs === null ? 'degraded so far' : 'degraded' },
    ...phase(rto?.detection.actualMs, 'to detect'),
    ...phase(rto?.people.actualMs, 'until people answered'),
    ...(isRolledBack(incident) ? phase(rto?.rollback.actualMs, 'to roll back') : []),
    ...phase(rto?.verification.actualMs, 'to verify'),
  ];
}
