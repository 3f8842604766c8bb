import type { ExplainedLevel, ExplainedPart, ExplainedQuery, ExplainView } from '../domain/explanation.ts';
import { columns, wrapped } from './columns.ts';
import { decisionLines } from './decision-lines.ts';
import { spaced } from './ending.ts';
import { paintSeverity, type Paint } from './paint.ts';
import { SECOND } from '../domain/time.ts';
import { clockTime } from './times.ts';

/** How an explanation is shown: what was read, what each level makes of it, where the value comes from. */
export function explainLines(
  view: ExplainView,
  screen: { readonly paint: Paint; readonly width: number; readonly now: number },
): string[] {
  const { paint, width } = screen;
  const sections: (readonly [string, readonly string[]])[] = [
    ['LEVELS', levelLines(view, screen)],
    ...view.queries.map((query) => [query.title.toUpperCase(), queryLines(query, paint)] as const),
    [view.armed ? 'IF IT FIRED NOW' : 'IF IT WERE ARMED AND FIRED NOW', ifItFired(view, screen)],
  ];
  return [
    ...headLines(view, screen),
    ...sections
      .filter(([, lines]) => lines.length > 0)
      .flatMap(([title, lines]) => ['', paint.bold(title), ...lines.map((line) => `  ${line}`)]),
    ...(view.runbook === null ? [] : ['', ...wrapped(`runbook: ${view.runbook}`, width, '')]),
  ];
}

function headLines(
  view: ExplainView,
  { paint, now }: { readonly paint: Paint; readonly now: number },
): string[] {
  const { rule, subject, at, summary, verdict, detail, armed, mode } = view;
  const when = view.now ? '' : ` at ${clockTime(at, now)}`;
  const old = view.now && view.readAt !== null && at - view.readAt >= SECOND ? view.readAt : null;
  const marks = [
    armed ? [] : ['UNARMED: it breached at its first reading and decides nothing until it reads ok'],
    mode === 'auto' ? [] : [`mode ${mode}`],
    old === null ? [] : [`last read at ${clockTime(old, now)}`],
    view.from === null ? [] : [`read again from ${clockTime(view.from, now)} on`],
  ].flat();
  return [
    `${paint.bold(rule)} on ${paint.bold(subject)}${when}: ${paintVerdict(verdict, paint)}${detail === '' ? '' : `, ${detail}`}`,
    ...(summary === '' || summary === rule.split('/').at(-1) ? [] : [paint.dim(summary)]),
    ...marks.map((mark) => paint.yellow(mark)),
  ];
}

function paintVerdict(verdict: ExplainView['verdict'], paint: Paint): string {
  if (verdict === 'ok') return paint.green('ok');
  if (verdict === 'breach') return paint.red('breach');
  return paint.yellow(spaced(verdict));
}

function levelLines(
  { levels }: ExplainView,
  { paint, now }: { readonly paint: Paint; readonly now: number },
): string[] {
  return columns(
    levels.map((level) => [
      paintSeverity(paint, level.severity),
      level.condition,
      `${breachWord(level, paint)}${level.remark === null ? '' : `, ${level.remark}`}`,
      level.distance ?? '',
      [
        level.phase === 'clear' ? '' : level.phase,
        level.phase === 'pending' || level.phase === 'recovering' ? level.progress : '',
        level.since === null ? '' : `since ${clockTime(level.since, now)}`,
      ]
        .filter((part) => part !== '')
        .join(', '),
    ]),
  );
}

function breachWord({ breaches }: ExplainedLevel, paint: Paint): string {
  if (breaches === null) return paint.yellow('unknown');
  return breaches ? paint.red('breaches') : paint.green('does not breach');
}

function queryLines({ parts }: ExplainedQuery, paint: Paint): string[] {
  return parts.flatMap((part) => partLines(part, paint));
}

/** A single value stands beside the text; several stand below it, one a series. */
function partLines({ text, depth, series, more, problem }: ExplainedPart, paint: Paint): string[] {
  const indent = '  '.repeat(depth);
  const [only] = series;
  if (problem !== null) return [`${indent}${text}  ${paint.yellow(problem)}`];
  if (only === undefined) return [`${indent}${text}  ${paint.dim('nothing')}`];
  if (series.length === 1 && more === 0) return [`${indent}${text}  ${paint.cyan(short(only.value))}`];
  const rows = series.map(({ labels, value }) => [paint.cyan(short(value)), paint.dim(labelText(labels))]);
  return [
    `${indent}${text}`,
    ...columns(rows, `${indent}    `),
    ...(more === 0 ? [] : [paint.dim(`${indent}    and ${more} more`)]),
  ];
}

/** Six digits tell a person enough; `--json` has them all. */
function short(value: string): string {
  const number = Number(value);
  return Number.isFinite(number) ? String(Number(number.toPrecision(6))) : value;
}

function labelText({ __name__: name = '', ...labels }: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(', ')}}`;
}

/** What the guards say, level by level. */
function ifItFired(
  { levels }: ExplainView,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  return levels.flatMap(({ severity, decision }) => {
    const [head, ...rest] = decisionLines(decision, '', { paint, width: width - 4 });
    return head === undefined
      ? []
      : [`${paintSeverity(paint, severity)}: ${head}`, ...rest.map((line) => `  ${line}`)];
  });
}
