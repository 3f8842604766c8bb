import type { IncidentView, StatusView, TargetView } from '../domain/ports/daemon.ts';
import { formatDuration } from '../domain/time.ts';
import { bannerLines } from './banner-lines.ts';
import { columns, wrapped } from './columns.ts';
import { ending } from './ending.ts';
import { paintSeverity, paintStanding, type Paint } from './paint.ts';
import { questionLines } from './question-lines.ts';
import { ruleLines } from './rule-lines.ts';
import { clockTime, timeAndDistance } from './times.ts';

/** What `status` prints: banners, open incidents with their questions, targets with what is wrong on them. */
export function statusScreen(
  status: StatusView,
  open: readonly IncidentView[],
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const { version, environment, mode, now, startedAt, targets, hosts } = status;
  const up = formatDuration(now - startedAt);
  return [
    `${paint.bold(`rollbackd ${version}`)}  ${environment}  mode ${mode}  up ${up}  ${clockTime(now, now)}`,
    ...bannerLines(status, paint),
    '',
    ...incidentLines(status, open, { paint, width }),
    '',
    paint.bold('TARGETS'),
    ...targets.flatMap((target) => targetLines(target, status, paint)),
    ...(hosts.length === 0 ? [] : ['', paint.bold('HOSTS'), ...indented(ruleLines(hosts, now, paint), '  ')]),
  ];
}

function incidentLines(
  { open, now }: StatusView,
  views: readonly IncidentView[],
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  if (open.length === 0) return [paint.green('no open incidents')];
  const lines = columns(
    open.map((row) => [
      row.id,
      paintSeverity(paint, row.severity),
      row.target,
      ending(row, paint),
      `since ${timeAndDistance(row.openedAt, now)}`,
    ]),
    '  ',
  );
  return [
    paint.bold('OPEN INCIDENTS'),
    ...open.flatMap(({ id, reason }, index) => {
      const question = views.find((view) => view.id === id)?.question ?? null;
      const asked =
        question === null || question.state !== 'open'
          ? []
          : questionLines({ incident: id, question }, now, paint);
      return [lines[index] ?? '', ...wrapped(reason, width, '      '), ...indented(asked, '      ')];
    }),
    paint.dim('  rollbackd show ID tells everything about one'),
  ];
}

function targetLines(target: TargetView, { now }: StatusView, paint: Paint): string[] {
  const { name, mode, deploying, migration, graceUntil, frozen, incident, rules } = target;
  const marks = [
    `mode ${mode}`,
    deploying && migration === null ? paint.cyan('deploying') : '',
    migration === null ? '' : paint.cyan(`migration until ${clockTime(migration.until, now)}`),
    graceUntil === null ? '' : paint.cyan(`grace until ${clockTime(graceUntil, now)}`),
    frozen === null ? '' : paint.yellow('frozen'),
    incident === null ? '' : paint.red(incident),
  ].filter((mark) => mark !== '');
  return [
    `  ${paint.bold(name)}  ${marks.join(', ')}`,
    `      ${releaseLine(target, paint)}`,
    ...indented(ruleLines(rules, now, paint), '      '),
  ];
}

function releaseLine({ current, lastGood, noWayBack, bakeMs }: TargetView, paint: Paint): string {
  const back = lastGood === null ? paint.yellow(`no way back: ${noWayBack}`) : `last good ${lastGood.name}`;
  if (current === null) return `runs nothing that was seen; ${back}`;
  const baking =
    current.standing === 'unproven'
      ? `, baked ${formatDuration(current.bakedMs)} of ${formatDuration(bakeMs)}`
      : '';
  const runs = `runs ${current.name}, ${paintStanding(paint, current.standing)}${baking}`;
  return `${runs}; ${back}`;
}

function indented(lines: readonly string[], indent: string): string[] {
  return lines.map((line) => indent + line);
}
