import type { BackupJob, BackupSetView } from '../../domain/ports/backups.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import { columns } from '../columns.ts';
import type { CliContext } from '../command.ts';
import { painter, type Paint } from '../paint.ts';
import { printable } from '../printable.ts';
import { timeAndDistance } from '../times.ts';
import { bar } from './follow-job.ts';

/** `backup list`: what is under way, the sets, and what was one. */
export async function listSets(context: CliContext): Promise<number> {
  const { out, json, color, clock } = context;
  const all = await context.api().backups.list();
  if (json) {
    out(JSON.stringify(all));
    return 0;
  }
  const paint = painter(color);
  const now = clock.now();
  for (const job of all.jobs.filter(({ ended }) => ended === null)) out(underWay(printable(job), paint));
  if (all.sets.length === 0) out('there is no backup set yet; rollbackd backup create RECIPE makes one');
  else {
    const head = ['ID', 'RECIPE', 'MADE', 'SIZE', 'PARTS', 'READ BACK', 'FOR'].map(paint.dim);
    columns([head, ...printable(all.sets).map((view) => row(view, now, paint))]).forEach((line) => out(line));
  }
  for (const { id, problem } of printable(all.broken)) out(`${paint.red('BROKEN')}  ${id}: ${problem}`);
  const failed = all.jobs.filter(({ ended }) => ended === 'badly').slice(0, 5);
  for (const { id, does, message } of printable(failed))
    out(`${paint.red('FAILED')}  ${id}, ${does}: ${message}`);
  return 0;
}

function underWay(job: BackupJob, paint: Paint): string {
  return `${paint.cyan(job.id)}  ${job.does} ${job.set ?? job.recipe} by ${job.by}  ${bar(job)}`;
}

function row({ set, verdict, bytes }: BackupSetView, now: number, paint: Paint): string[] {
  return [
    set.id,
    set.recipe,
    timeAndDistance(set.madeAt, now),
    formatQuantity(bytes, 'bytes'),
    String(set.parts.length),
    verdictOf(verdict, now, paint),
    set.incident ?? '-',
  ];
}

/** Whether a set was read back, how, and when. */
export function verdictOf(verdict: BackupSetView['verdict'], now: number, paint: Paint): string {
  if (verdict === null) return paint.yellow('never');
  const how = verdict.by === 'reading' ? 'read' : 'rehearsed';
  const when = timeAndDistance(verdict.at, now);
  if (verdict.problems.length === 0) return `${paint.green(how)} ${when}`;
  return `${paint.red(`${verdict.problems.length} problems`)}, ${how} ${when}`;
}
