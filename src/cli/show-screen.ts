import type { IncidentView, StatusView } from '../domain/ports/daemon.ts';
import { formatDuration } from '../domain/time.ts';
import { bannerLines } from './banner-lines.ts';
import { columns, fitted, wrapped } from './columns.ts';
import { dataLines } from './data-lines.ts';
import { decisionLines } from './decision-lines.ts';
import { ending } from './ending.ts';
import { paintSeverity, type Paint } from './paint.ts';
import { questionLines } from './question-lines.ts';
import { effectLines, planLines, verificationLines } from './rollback-lines.ts';
import { rtoLines } from './rto-lines.ts';
import { timeAndDistance, clockTime } from './times.ts';

/** What a screen needs besides its subject. */
export interface Screen {
  readonly status: StatusView;
  readonly paint: Paint;
  readonly width: number;
}

/** How far everything stands in under its title. */
const indent = 2;

/** What `show` prints, in the order in which it happened. */
export function showScreen(incident: IncidentView, screen: Screen): string[] {
  const { status, paint } = screen;
  const { now } = status;
  const question = incident.question;
  const sections: (readonly [string, readonly string[]])[] = [
    ['WHAT IS BROKEN', brokenLines(incident, screen)],
    ['DECISION', decisionLines(incident.decision, incident.reason, screen)],
    ['QUESTION', question === null ? [] : questionLines({ incident: incident.id, question }, now, paint)],
    ['PLAN', planLines(incident, screen)],
    ['WHAT WAS DONE', effectLines(incident, now, screen)],
    ['DATA', dataLines(incident, screen)],
    ['VERIFICATION', verificationLines(incident, now, screen)],
    ['TIME TO RECOVER', rtoLines(incident.rto, paint)],
    ['TIMELINE', timeline(incident, now, screen)],
    ['EVIDENCE', evidenceLines(incident, paint)],
    ['BY HAND', incident.byHand.map((line) => paint.bold(line))],
  ];
  return [
    ...headLines(incident, screen),
    ...bannerLines(about(incident.target, status), paint),
    ...sections
      .filter(([, lines]) => lines.length > 0)
      .flatMap(([title, lines]) => [
        '',
        paint.bold(title),
        ...lines.map((line) => ' '.repeat(indent) + line),
      ]),
  ];
}

/** What of the status concerns one target. */
function about(target: string, status: StatusView): StatusView {
  const targets = status.targets.filter(({ name }) => name === target);
  return {
    ...status,
    targets,
    unknownSeries: {},
    configuration: { ...status.configuration, lastReloadFailed: null },
  };
}

function headLines(incident: IncidentView, { status: { now }, paint, width }: Screen): string[] {
  const { id, severity, target, state, openedAt, closedAt, reason } = incident;
  const lasted =
    closedAt === null
      ? `open since ${timeAndDistance(openedAt, now)}`
      : `${clockTime(openedAt, now)} to ${timeAndDistance(closedAt, now)}, lasted ${formatDuration(closedAt - openedAt)}`;
  return [
    `${paint.bold(id)}  ${paintSeverity(paint, severity)}  ${paint.bold(target)}  ${ending(incident, paint)}  ${lasted}`,
    ...wrapped(reason, width, ''),
    ...(state === 'handed_over' && closedAt === null
      ? [`it is yours now: ${paint.bold(`rollbackd ack ${id}`)}`]
      : []),
  ];
}

function brokenLines({ levels, target }: IncidentView, { status, paint }: Screen): string[] {
  const rules = status.targets.find(({ name }) => name === target)?.rules ?? [];
  return levels.flatMap(({ rule, subject, severity, since, firedAt, detail, condition, recoveredAt }) => {
    const where = subject === target ? '' : ` on ${subject}`;
    const summary = rules.find((view) => view.rule === rule)?.summary ?? '';
    const until =
      recoveredAt === null ? '' : paint.green(`; recovered ${timeAndDistance(recoveredAt, status.now)}`);
    return [
      `${paintSeverity(paint, severity)}  ${rule}${where}  ${detail}, threshold: ${condition}`,
      ...(summary === '' ? [] : [`  ${paint.dim(summary)}`]),
      `  breaching since ${timeAndDistance(since, status.now)}, fired ${clockTime(firedAt, status.now)}${until}`,
    ];
  });
}

/** That a step is due says nothing to people: the next entry is that it started, or why not. */
function timeline({ journal }: IncidentView, now: number, { paint, width }: Screen): string[] {
  const told = journal.filter(({ type }) => type !== 'effect.intent');
  const rows = told.map(({ at, type, message }) => [clockTime(at, now), paint.dim(type), message]);
  return fitted(rows, width - indent);
}

/** What was captured: a line as it is, e.g. the path of a file; more than a line by its name. */
function evidenceLines({ id, evidence }: IncidentView, paint: Paint): string[] {
  const texts = Object.entries(evidence).map(([name, text]) => ({ name, lines: linesOf(text) }));
  const rows = texts.map(({ name, lines }) => [
    name,
    lines.length > 1 ? `${lines.length} lines` : (lines[0] ?? ''),
  ]);
  const long = texts.find(({ lines }) => lines.length > 1);
  if (long === undefined) return columns(rows);
  const read = `rollbackd show ${id} --json | jq -r '.evidence["${long.name}"]' prints it`;
  return [...columns(rows), paint.dim(read)];
}

/** Line ends arrive as what `printable` makes of them. */
function linesOf(text: string): string[] {
  return text.split(/[\n\u{fffd}]+/u).filter((line) => line.trim() !== '');
}
