import { writeFile } from 'node:fs/promises';
import { RollbackError, messageOf } from '../domain/errors.ts';
import type { DaemonApi } from '../clients/api/api-client.ts';
import { optionText, type CliCommand } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';

/** The post-mortem of an incident. */
export const command = {
  name: 'report',
  summary: 'The post-mortem of an incident, filled with what the journal knows',
  usage: 'report [INCIDENT] [--html] [--output FILE]',
  takes: ['[INCIDENT]'],
  options: {
    html: { type: 'boolean', help: 'a page with plots, complete in itself, instead of Markdown' },
    output: { type: 'string', short: 'o', value: 'FILE', help: 'write it there instead of printing it' },
  },
  examples: [
    'rollbackd report                                   # the newest incident',
    'rollbackd report i-7k3f9a --html --output i-7k3f9a.html',
  ],
  run: async (context) => {
    const api = context.api();
    const id = context.positionals[0] ?? (await newest(api));
    const report = id === null ? null : await api.report(id);
    if (report === null)
      throw new RollbackError(
        'NOT_FOUND',
        id === null
          ? 'there has been no incident yet'
          : `there is no incident ${id}; \`rollbackd incidents\` lists them`,
      );
    const output = optionText(context, 'output');
    const text = context.values['html'] === true ? report.html : report.markdown;
    if (output !== null) await write(output, text);
    if (context.json) context.out(JSON.stringify(report));
    else if (output === null) context.out(text.trimEnd());
    else context.out(`${painter(context.color).green('ok')}  ${printable(output)}`);
    return 0;
  },
} satisfies CliCommand;

async function newest(api: DaemonApi): Promise<string | null> {
  const [last] = await api.incidents({ limit: 1 });
  return last?.id ?? null;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new RollbackError('USAGE', `--output: ${messageOf(error)}`, {}, { cause: error });
  }
}
