import { compareSeverity, type Severity } from '../domain/rule.ts';
import { cut, plain, type Ink } from './ink.ts';
import type { Band, Report, TrackReport } from './report.ts';
import { ticksOf } from '../domain/axis.ts';

const firing = { critical: '█', high: '▓', medium: '▒' } as const satisfies Record<Severity, string>;
const inkOf = { critical: 'red', high: 'yellow', medium: 'cyan' } as const satisfies Record<
  Severity,
  keyof Ink
>;
const widestName = 40;
/** Share of a column. */
const muchPending = 0.1;

/** A stretch of time on so many columns. */
interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
  readonly columns: number;
}

/** One row a rule and target, time from left to right: what was pending, what fired, and when a release arrived. */
export function timeline(report: Report, ink: Ink, width: number): readonly string[] {
  const names = report.tracks.map(nameOf);
  const deployed = [...new Set(report.deploys.map(({ target }) => target))];
  const acted = [...new Set(report.incidents.filter(acts).map(({ target }) => target))];
  const longest = Math.max(
    ...[...names, ...deployed.map(deploysOf), ...acted.map(actsOf)].map(({ length }) => length),
    8,
  );
  const label = Math.min(longest, widestName, Math.max(8, Math.floor(width / 2)));
  const scale = { fromMs: report.fromMs, toMs: report.toMs, columns: Math.max(10, width - label - 2) };
  const line = (name: string, row: string): string => `${cut(name, label).padEnd(label)}  ${row}`;
  return [
    line('', axis(scale)),
    ...deployed.map((target) => line(deploysOf(target), deployRow(report, target, { ink, scale }))),
    ...report.tracks.map((track, index) => line(names[index] ?? '', trackRow(track, ink, scale))),
    ...acted.map((target) => line(actsOf(target), actRow(report, target, { ink, scale }))),
    '',
    ...legend(ink, width),
  ];
}

function nameOf({ rule, subject }: TrackReport): string {
  return plain(`${rule} ${subject}`);
}

function deploysOf(target: string): string {
  return plain(`deploys of ${target}`);
}

function actsOf(target: string): string {
  return plain(`acts on ${target}`);
}

function acts({ decision }: Report['incidents'][number]): boolean {
  return decision?.action === 'rollback' || decision?.action === 'ask';
}

function axis(scale: Scale): string {
  const row = Array.from({ length: scale.columns }, () => ' ');
  let free = 0;
  for (const { at, label } of ticksOf(scale, Math.max(2, Math.floor(scale.columns / 10)))) {
    const column = columnOf(at, scale);
    if (column < free || column + label.length + 1 > scale.columns) continue;
    row.splice(column, label.length + 1, '╵', ...label.split(''));
    free = column + label.length + 2;
  }
  return row.join('').trimEnd();
}

function trackRow({ levels, plot }: TrackReport, ink: Ink, scale: Scale): string {
  const cells = Array.from({ length: scale.columns }, (_, column) => {
    const [from, to] = [0, 1].map((end) => Math.floor(((column + end) * plot.known.length) / scale.columns));
    const known = plot.known.subarray(from, Math.max((from ?? 0) + 1, to ?? 0)).some((count) => count > 0);
    return ink.dim(known ? '·' : ' ');
  });
  const mildFirst = levels.toSorted((a, b) => compareSeverity(b.severity, a.severity));
  for (const { pending } of mildFirst) paintPending(cells, pending, scale, ink);
  for (const { severity, firings } of mildFirst) {
    const bands = firings.map(({ firedAt, endedAt }) => ({ from: firedAt, to: endedAt ?? scale.toMs }));
    paint(cells, bands, scale, ink[inkOf[severity]](firing[severity]));
  }
  return cells.join('');
}

function deployRow(
  { deploys }: Report,
  target: string,
  { ink, scale }: { readonly ink: Ink; readonly scale: Scale },
): string {
  const cells = blank(scale);
  for (const { at, target: on, bad } of deploys)
    if (on === target && cells[columnOf(at, scale)] !== ink.red('✖'))
      cells[columnOf(at, scale)] = bad === true ? ink.red('✖') : '▲';
  return cells.join('').trimEnd();
}

function actRow(
  { incidents }: Report,
  target: string,
  { ink, scale }: { readonly ink: Ink; readonly scale: Scale },
): string {
  const cells = blank(scale);
  for (const { target: on, decision, decidedAt } of incidents) {
    if (on !== target || decidedAt === null) continue;
    const column = columnOf(decidedAt, scale);
    if (decision?.action === 'rollback') cells[column] = ink.bold('↩');
    if (decision?.action === 'ask' && cells[column] === ' ') cells[column] = '?';
  }
  return cells.join('').trimEnd();
}

function blank({ columns }: Scale): string[] {
  return Array.from({ length: columns }, () => ' ');
}

/** Even the shortest band takes a column: nothing that happened is invisible. */
function paint(cells: string[], bands: readonly Band[], scale: Scale, mark: string): void {
  for (const { from, to } of bands)
    for (let column = columnOf(from, scale); column <= columnOf(Math.max(from, to - 1), scale); column++)
      cells[column] = mark;
}

/** A reading or two beyond a threshold, here and there, must not look like an hour of it. */
function paintPending(cells: string[], bands: readonly Band[], scale: Scale, ink: Ink): void {
  const columnMs = (scale.toMs - scale.fromMs) / scale.columns;
  const pendingMs = new Float64Array(scale.columns);
  for (const { from, to } of bands)
    for (let column = columnOf(from, scale); column <= columnOf(Math.max(from, to - 1), scale); column++) {
      const startsAt = scale.fromMs + column * columnMs;
      pendingMs[column] =
        (pendingMs[column] ?? 0) + Math.min(to, startsAt + columnMs) - Math.max(from, startsAt);
    }
  for (const [column, ms] of pendingMs.entries())
    if (ms > 0) cells[column] = ink.dim(ms >= columnMs * muchPending ? '░' : ':');
}

function columnOf(at: number, { fromMs, toMs, columns }: Scale): number {
  const column = Math.floor(((at - fromMs) * columns) / Math.max(1, toMs - fromMs));
  return Math.min(columns - 1, Math.max(0, column));
}

/** What the signs mean, in as many lines as it takes. */
function legend(ink: Ink, width: number): readonly string[] {
  const signs = [
    [ink.red('█'), 'CRITICAL fires'],
    [ink.yellow('▓'), 'HIGH fires'],
    [ink.cyan('▒'), 'MEDIUM fires'],
    [ink.dim('░'), 'pending'],
    [ink.dim(':'), 'briefly pending'],
    [ink.dim('·'), 'fine'],
    ['blank', 'nothing known'],
    ['▲', 'deploy'],
    [ink.red('✖'), 'bad deploy'],
    [ink.bold('↩'), 'rolls back'],
    ['?', 'asks'],
  ] as const;
  const lines: string[][] = [[]];
  let used = 0;
  for (const [sign, meaning] of signs) {
    const wide = (sign === 'blank' ? sign.length : 1) + meaning.length + 4;
    if (used > 0 && used + wide > width) {
      lines.push([]);
      used = 0;
    }
    lines.at(-1)?.push(`${sign} ${meaning}`);
    used += wide;
  }
  return lines.map((line) => line.join('   '));
}
