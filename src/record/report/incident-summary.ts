import type { IncidentView } from '../../domain/ports/daemon.ts';
import { formatDuration } from '../../domain/time.ts';
import { isRequest, isRolledBack, lastOf, leadOf, spaced, utc, type ReportInput } from './course.ts';
import type { Fact, Line, Section } from './document.ts';
import { downtimeOf } from './downtime.ts';

/** Time, trigger, rollback time, downtime: the head of the template, with who decided and how it ended. */
export function incidentSummary(input: ReportInput): Section {
  const { incident, environment } = input;
  const facts: readonly Fact[] = [
    { name: 'Time', value: [timeOf(input)] },
    { name: 'Target', value: [{ code: incident.target }, ` in ${environment}`] },
    { name: 'Severity', value: [incident.severity.toUpperCase()] },
    { name: 'Trigger', value: triggerOf(incident) },
    { name: 'Decided by', value: [decidedBy(incident)] },
    { name: 'Rollback time', value: [rollbackTime(incident)] },
    { name: 'Downtime', value: [downtimeWords(input)] },
    { name: 'Outcome', value: [outcomeOf(incident)] },
  ];
  return { title: 'Incident summary', blocks: [{ kind: 'facts', numbered: false, facts }] };
}

function timeOf({ incident: { openedAt, closedAt }, now }: ReportInput): string {
  if (closedAt === null) return `${utc(openedAt)}, still open at ${utc(now)}`;
  return `${utc(openedAt)} to ${utc(closedAt)}, ${formatDuration(closedAt - openedAt)}`;
}

function triggerOf(incident: IncidentView): Line {
  const requested = (
    lastOf(incident.journal, 'request.rollback') ?? lastOf(incident.journal, 'request.emergency')
  )?.message;
  if (isRequest(incident)) return ['Manual: ', requested ?? incident.reason];
  const level = leadOf(incident);
  const found: Line =
    level === undefined
      ? ['Automatic: ', { code: incident.rule }]
      : ['Automatic: ', { code: level.rule }, `: ${level.detail}, threshold: ${level.condition}`];
  return requested === undefined ? found : [...found, `; then manual: ${requested}`];
}

/** Who let the rollback begin, or why it did not begin. */
function decidedBy({ journal, decision, question, reason }: IncidentView): string {
  const begun = lastOf(journal, 'rollback.begun')?.message;
  if (begun !== undefined) return begun;
  if (question?.state === 'open') return `nobody yet: the question is open until ${utc(question.dueAt)}`;
  const answered = lastOf(journal, 'question.answered') ?? lastOf(journal, 'question.expired');
  return `nothing was rolled back: ${answered?.message ?? decision?.reason ?? reason}`;
}

function rollbackTime(incident: IncidentView): string {
  const { firstEffectAt, lastEffectAt, detectedAt, verifiedAt } = incident.marks;
  if (!isRolledBack(incident)) return 'none, nothing was changed';
  if (firstEffectAt === null || lastEffectAt === null) return 'it did not come to its end';
  const effects = `${formatDuration(lastEffectAt - firstEffectAt)} from the first effect to the last`;
  if (verifiedAt === null) return `${effects}; not verified`;
  return detectedAt === null
    ? effects
    : `${effects}; ${formatDuration(verifiedAt - detectedAt)} from detection to verification`;
}

function downtimeWords({ incident, now }: ReportInput): string {
  const { fromMs, toMs, words } = downtimeOf(incident);
  if (toMs !== null) return `${formatDuration(toMs - fromMs)}, from ${words}`;
  const until = incident.closedAt ?? now;
  return `at least ${formatDuration(until - fromMs)}, from ${words}`;
}

function outcomeOf({ outcome, state, reason }: IncidentView): string {
  const word = spaced(outcome ?? state);
  return reason.startsWith(word) ? reason : `${word}: ${reason}`;
}
