import { RollbackError } from '../domain/errors.ts';
import type { IncidentRow } from '../domain/ports/store.ts';
import { columns } from './columns.ts';
import { optionText, type CliCommand, type CliContext } from './command.ts';
import { painter, paintSeverity, type Paint } from './paint.ts';
import { printable } from './printable.ts';
import { clockTime } from './times.ts';
import { ending } from './ending.ts';
import { formatDuration } from '../domain/time.ts';

/** What was wrong lately. */
export const command = {
  name: 'incidents',
  summary: 'List incidents, newest first',
  usage: 'incidents [--open] [--target TARGET] [--limit N]',
  takes: [],
  options: {
    open: { type: 'boolean', help: 'only those that are not closed' },
    target: { type: 'string', value: 'TARGET', help: 'only of this target' },
    limit: { type: 'string', value: 'N', help: 'at most so many; 20 unless stated' },
  },
  examples: ['rollbackd incidents --open', 'rollbackd incidents --target backend --limit 100'],
  run: async (context) => {
    const api = context.api();
    const target = optionText(context, 'target');
    const rows = await api.incidents({
      limit: limitIn(context),
      ...(context.values['open'] === true ? { open: true } : {}),
      ...(target === null ? {} : { target }),
    });
    if (context.json) {
      context.out(JSON.stringify(rows));
      return 0;
    }
    if (rows.length === 0) context.out('no incidents');
    else
      table(printable(rows), (await api.status()).now, painter(context.color)).forEach((line) =>
        context.out(line),
      );
    return 0;
  },
} satisfies CliCommand;

function limitIn(context: CliContext): number {
  const written = optionText(context, 'limit') ?? '20';
  const limit = Number(written);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new RollbackError('USAGE', `--limit: expected a whole number from 1 to 1000, got ${written}`);
}

function table(rows: readonly IncidentRow[], now: number, paint: Paint): string[] {
  const head = ['ID', 'SEVERITY', 'TARGET', 'STATE', 'OPENED', 'LASTED', 'REASON'].map(paint.dim);
  const lines = rows.map((row) => [
    row.id,
    paintSeverity(paint, row.severity),
    row.target,
    ending(row, paint),
    clockTime(row.openedAt, now),
    formatDuration((row.closedAt ?? now) - row.openedAt),
    row.reason,
  ]);
  return columns([head, ...lines]);
}
