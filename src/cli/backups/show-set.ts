import { RollbackError } from '../../domain/errors.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import { formatDuration } from '../../domain/time.ts';
import { columns } from '../columns.ts';
import type { CliContext } from '../command.ts';
import { painter } from '../paint.ts';
import { printable } from '../printable.ts';
import { timeAndDistance } from '../times.ts';
import { verdictOf } from './list-sets.ts';

/** Counts beyond these are in `--json`. */
const mostCounts = 6;

/** `backup show ID`. */
export async function showSet(context: CliContext, id: string): Promise<number> {
  const { out, json, color, clock } = context;
  const found = await context.api().backups.find(id);
  if (found === null)
    throw new RollbackError(
      'NOT_FOUND',
      `there is no backup set ${printable(id)}; \`rollbackd backup list\` lists them`,
    );
  if (json) {
    out(JSON.stringify(found));
    return 0;
  }
  const paint = painter(color);
  const now = clock.now();
  const { set, verdict, bytes } = printable(found);
  out(paint.bold(`${set.id}  ${set.recipe}`));
  const facts = [
    ['made', `${timeAndDistance(set.madeAt, now)}, in ${formatDuration(set.tookMs)}, by rollbackd ${set.by}`],
    ['size', `${formatQuantity(bytes, 'bytes')}, ${set.encrypted ? 'encrypted' : 'not encrypted'}`],
    ['read back', verdictOf(verdict, now, paint)],
    ...(set.incident === null ? [] : [['incident', set.incident]]),
    ...(set.target === null ? [] : [['target', set.target]]),
    ...(set.release === null ? [] : [['release', set.release]]),
  ];
  columns(facts, '  ').forEach((line) => out(line));
  out('');
  const head = ['KIND', 'NAME', 'SIZE', 'STORED', 'COUNTED', 'WITH'].map(paint.dim);
  const rows = set.parts.map(({ kind, name, plainBytes, bytes: stored, facts: { counts, server, tool } }) => [
    kind,
    name,
    formatQuantity(plainBytes, 'bytes'),
    formatQuantity(stored, 'bytes'),
    counted(counts),
    [server, tool].filter((word) => word !== null).join(', ') || '-',
  ]);
  columns([head, ...rows]).forEach((line) => out(line));
  for (const problem of verdict?.problems ?? []) out(`${paint.red('PROBLEM')}  ${problem}`);
  return 0;
}

function counted(counts: Readonly<Record<string, number>>): string {
  const all = Object.entries(counts).map(([what, count]) => `${what} ${count}`);
  const more = all.length > mostCounts ? `, and ${all.length - mostCounts} more` : '';
  return all.length === 0 ? '-' : all.slice(0, mostCounts).join(', ') + more;
}
