import { tallyInWords } from '../domain/data-integrity.ts';
import { rtoPhases } from '../domain/ports/store.ts';
import type { RtoView } from '../domain/ports/rto.ts';
import { DAY, formatDuration } from '../domain/time.ts';
import { columns } from './columns.ts';
import { spaced } from './ending.ts';
import { optionDuration, type CliCommand } from './command.ts';
import { painter, type Paint } from './paint.ts';
import { durationOrDash } from './times.ts';

/** Incidents that replaced data and are told one by one; all of them are in `--json`. */
const mostIncidents = 10;

/** How fast we are, and whether it is getting better. */
export const command = {
  name: 'rto',
  summary: 'How fast are we, and is it getting better?',
  usage: 'rto [TARGET] [--since DURATION]',
  takes: ['[TARGET]'],
  options: { since: { type: 'string', value: 'DURATION', help: '90d unless stated' } },
  examples: ['rollbackd rto', 'rollbackd rto backend --since 30d --json'],
  run: async (context) => {
    const [target] = context.positionals;
    const sinceMs = optionDuration(context, 'since', 90 * DAY);
    const view = await context.api().rto({ sinceMs, ...(target === undefined ? {} : { target }) });
    if (context.json) {
      context.out(JSON.stringify(view));
      return 0;
    }
    const scope = `${target ?? 'all targets'}, last ${formatDuration(sinceMs)}`;
    if (view.incidents === 0) context.out(`no incident was closed (${scope})`);
    else summary(view, scope, painter(context.color)).forEach((line) => context.out(line));
    return 0;
  },
} satisfies CliCommand;

function summary(view: RtoView, scope: string, paint: Paint): string[] {
  const head = ['PHASE', 'MEDIAN', 'P95', 'WITHIN OBJECTIVE', 'TREND'].map(paint.dim);
  const rows = rtoPhases.map((phase) => {
    const { medianMs, p95Ms, withinObjective, trendMs } = view.summary[phase];
    const within = withinObjective === null ? '-' : `${Math.round(withinObjective * 100)}%`;
    return [spaced(phase), durationOrDash(medianMs), durationOrDash(p95Ms), within, trend(trendMs, paint)];
  });
  const count = `${view.incidents} incident${view.incidents === 1 ? '' : 's'}`;
  return [`${count} (${scope})`, '', ...columns([head, ...rows]), ...dataLines(view)];
}

/** What became of the records, in total and by incident where data was replaced. */
function dataLines({ data, rows }: RtoView): string[] {
  if (data === null) return [];
  const replaced = rows.flatMap((row) => (row.data === null ? [] : [{ ...row, data: row.data }]));
  const newest = replaced.toSorted((a, b) => b.closedAt - a.closedAt).slice(0, mostIncidents);
  const count = `${replaced.length} incident${replaced.length === 1 ? '' : 's'}`;
  return [
    '',
    `data: ${tallyInWords(data)}, over ${count} that replaced data`,
    ...columns(newest.map(({ incident, target, data: own }) => [`  ${incident}`, target, tallyInWords(own)])),
  ];
}

function trend(ms: number | null, paint: Paint): string {
  if (ms === null) return '-';
  if (ms === 0) return 'steady';
  return ms < 0 ? paint.green(`${formatDuration(-ms)} faster`) : paint.yellow(`${formatDuration(ms)} slower`);
}
