import { columns } from './columns.ts';
import type { CliCommand } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';

/** Whether the daemon can reach, and may do, all that it needs. */
export const command = {
  name: 'doctor',
  summary: 'Can the daemon reach everything, may it do everything?',
  usage: 'doctor',
  takes: [],
  options: {},
  examples: ['rollbackd doctor'],
  run: async (context) => {
    const view = await context.api().doctor();
    const failed = view.checks.filter(({ ok }) => !ok).length;
    if (context.json) {
      context.out(JSON.stringify(view));
      return failed === 0 ? 0 : 1;
    }
    const paint = painter(context.color);
    const rows = printable(view.checks).map(({ name, ok, detail }) => [
      ok ? paint.green('ok') : paint.red('FAILED'),
      name,
      detail,
    ]);
    columns(rows).forEach((line) => context.out(line));
    context.out('');
    context.out(
      failed === 0 ? `all ${rows.length} checks passed` : `${failed} of ${rows.length} checks failed`,
    );
    return failed === 0 ? 0 : 1;
  },
} satisfies CliCommand;
