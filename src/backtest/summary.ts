import { formatDuration } from '../domain/time.ts';
import type { Severity } from '../domain/rule.ts';
import { aligned, plain, type Ink } from './ink.ts';
import type { IncidentReport, LevelReport, Report, TrackReport } from './report.ts';
import type { Score } from './score.ts';
import { minuteOf } from '../domain/axis.ts';

const inkOf = { critical: 'red', high: 'yellow', medium: 'cyan' } as const satisfies Record<
  Severity,
  keyof Ink
>;

/** What a backtest covers, one line, and what was assumed and left out. */
export function headLines(report: Report, ink: Ink): readonly string[] {
  const { environment, fromMs, toMs, stepMs, assumptions, notReplayed } = report;
  const what = `${formatDuration(toMs - fromMs)} of ${plain(environment)}`;
  return [
    `${ink.bold(what)}, ${minuteOf(fromMs)} to ${minuteOf(toMs)} UTC, every ${formatDuration(stepMs)}`,
    ...assumptions.map((text) => ink.dim(`assumed: ${plain(text)}`)),
    ...notReplayed.map(
      ({ rule, reason }) => `${ink.yellow('not replayed')}: ${plain(rule)}: ${plain(reason)}`,
    ),
  ];
}

/** The levels as a table: how often, how long, how fast, and how well. */
export function levelTable(report: Report, ink: Ink): readonly string[] {
  const scored = report.tracks.some(({ levels }) => levels.some(({ score }) => score !== null));
  const head = [
    'RULE',
    'TARGET',
    'LEVEL',
    'CONDITION',
    'FIRED',
    'A WEEK',
    'FIRING',
    'BREACHED',
    'DETECTED IN',
    'UNKNOWN',
    ...(scored ? ['PRECISION', 'RECALL', 'DELAY'] : []),
  ].map(ink.dim);
  const rows = report.tracks.flatMap((track) =>
    track.levels.map((level, index) => levelRow(track, level, { ink, scored, first: index === 0 })),
  );
  return aligned([head, ...rows]);
}

function levelRow(
  track: TrackReport,
  level: LevelReport,
  { ink, scored, first }: { readonly ink: Ink; readonly scored: boolean; readonly first: boolean },
): readonly string[] {
  const { severity, condition, firings, firingsPerWeek, firingMs, breachedMs, score } = level;
  const count = String(firings.length);
  return [
    first ? plain(track.rule) : '',
    first ? plain(track.subject) : '',
    ink[inkOf[severity]](severity.toUpperCase()),
    condition,
    firings.length === 0 ? ink.dim(count) : count,
    firings.length === 0 ? ink.dim('-') : firingsPerWeek.toFixed(1),
    firingMs === 0 ? ink.dim('-') : formatDuration(firingMs),
    breachedMs === 0 ? ink.dim('-') : formatDuration(breachedMs),
    durationOr(medianOf(firings.map(({ since, firedAt }) => firedAt - since))),
    first ? percent(track.unknownShare) : '',
    ...(scored ? scoreCells(score) : []),
  ];
}

function scoreCells(score: Score | null): readonly string[] {
  if (score === null) return ['-', '-', '-'];
  return [
    score.precision === null ? '-' : `${percent(score.precision)} (${score.right}/${score.firings})`,
    score.recall === null ? '-' : `${percent(score.recall)} (${score.found}/${score.bad})`,
    durationOr(score.delayMs),
  ];
}

/** Each incident on two lines: what happened, and what the daemon would have made of it. */
export function incidentLines({ incidents, toMs }: Report, ink: Ink, most: number): readonly string[] {
  const shown = incidents.slice(0, most);
  const rest = incidents.length - shown.length;
  return [
    ...shown.flatMap((incident) => linesOf(incident, toMs, ink)),
    ...(rest > 0 ? [ink.dim(`and ${rest} more; --json has them all`)] : []),
  ];
}

function linesOf(incident: IncidentReport, toMs: number, ink: Ink): readonly string[] {
  const { target, severity, rule, breachedAt, detectedAt, endedAt } = incident;
  const name = ink[inkOf[severity]](severity.toUpperCase());
  const detected = breachedAt === null ? '' : `, detected after ${formatDuration(detectedAt - breachedAt)}`;
  const lasted = formatDuration((endedAt ?? toMs) - (breachedAt ?? detectedAt));
  const end = endedAt === null ? `, still open at the end, ${lasted} later` : `, over after ${lasted}`;
  return [
    `${minuteOf(breachedAt ?? detectedAt)}  ${name} ${ink.bold(plain(target))} ${plain(rule)}${detected}${end}`,
    `                  ${wordDecision(incident, ink)}`,
  ];
}

/** What the daemon would have done, in a sentence. */
export function wordDecision({ decision, rollbackAt, rollback, approved }: IncidentReport, ink: Ink): string {
  if (decision === null) return 'nothing was decided';
  if (rollbackAt !== null) {
    const how = approved ? 'once approved' : 'by itself';
    const way = rollback === null ? '' : `, ${plain(rollback)}`;
    return `${ink.bold('would have rolled back')} ${how} at ${minuteOf(rollbackAt).slice(11)}${way}`;
  }
  return plain(decision.reason);
}

/** How well what rolls back by itself tells bad deployments from everything else. */
export function scoreLines({ score, withinMs }: Report): readonly string[] {
  return Object.entries(score).map(([target, one]) => {
    const [precision, recall, delay] = scoreCells(one);
    return `${plain(target)}: precision ${precision}, recall ${recall}, delay ${delay}, counting rollbacks within ${formatDuration(withinMs)} of a bad deployment`;
  });
}

/** `12%`, `0.4%`, `<0.1%`. */
export function percent(share: number): string {
  if (share === 0 || share === 1) return `${share * 100}%`;
  if (share < 0.001) return '<0.1%';
  return `${Number((share * 100).toPrecision(share > 0.99 ? 3 : 2))}%`;
}

function durationOr(ms: number | null): string {
  return ms === null ? '-' : formatDuration(ms);
}

function medianOf(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? null;
}
