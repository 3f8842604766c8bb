import { RollbackError } from '../domain/errors.ts';
import { positional, type CliCommand } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';

/** Checks that nobody changed the journal. */
export const command = {
  name: 'journal',
  summary: 'Check the hash chain of the journal',
  usage: 'journal verify',
  takes: ['verify'],
  options: {},
  examples: ['rollbackd journal verify'],
  run: async (context) => {
    const verb = positional(context, 0);
    if (verb !== 'verify') throw new RollbackError('USAGE', `journal: expected verify, got ${verb}`);
    const broken = await context.api().verifyJournal();
    const paint = painter(context.color);
    if (context.json) context.out(JSON.stringify({ intact: broken === null, broken }));
    else if (broken === null) context.out(`${paint.green('ok')}  the journal is intact`);
    else context.err(`${paint.red('broken')}  ${printable(broken)}`);
    return broken === null ? 0 : 1;
  },
} satisfies CliCommand;
