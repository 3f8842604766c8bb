import { RollbackError } from '../domain/errors.ts';
import { columns } from './columns.ts';
import type { CliCommand } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';

/** Whether messages arrive where people would look for them. */
export const command = {
  name: 'notify',
  summary: 'Send one message of each kind to each channel, marked as a test',
  usage: 'notify --test',
  takes: [],
  options: { test: { type: 'boolean', help: 'send them; nothing else can be sent' } },
  examples: ['rollbackd notify --test'],
  run: async (context) => {
    if (context.values['test'] !== true)
      throw new RollbackError(
        'USAGE',
        'notify: say --test; it sends test messages to people, and nothing else',
      );
    context.progress?.('sending to all channels, half a minute at most');
    const tried = await context
      .api()
      .notifyTest()
      .finally(() => context.progress?.(''));
    const failed = tried.filter(({ ok }) => !ok).length;
    if (context.json) {
      context.out(JSON.stringify(tried));
      return failed === 0 ? 0 : 1;
    }
    const paint = painter(context.color);
    const rows = printable(tried).map(({ channel, ok, detail }) => [
      ok ? paint.green('ok') : paint.red('FAILED'),
      channel,
      detail,
    ]);
    columns(rows).forEach((line) => context.out(line));
    context.out('');
    context.out(
      failed === 0
        ? 'look whether they arrived: that a server takes a message does not mean that people see it'
        : `${failed} of ${rows.length} channels failed`,
    );
    return failed === 0 ? 0 : 1;
  },
} satisfies CliCommand;
