import { RollbackError } from '../domain/errors.ts';
import type { CliCommand } from './command.ts';

/** Prints what editors need to complete and check configuration files. */
export const command = {
  name: 'schema',
  summary: 'Print the JSON Schema of configuration files, for editors',
  usage: 'schema [main|pack]',
  takes: ['[main|pack]'],
  options: {},
  examples: ['rollbackd schema > rollbackd.schema.json', 'rollbackd schema pack > pack.schema.json'],
  run: async (context) => {
    const which = context.positionals[0] ?? 'main';
    if (which !== 'main' && which !== 'pack')
      throw new RollbackError('USAGE', `schema: expected main or pack, got ${which}`);
    const { schemas } = await import('../app/schemas.ts');
    const schema = schemas(context)[which];
    context.out(JSON.stringify(schema, null, context.json ? 0 : 2));
    return 0;
  },
} satisfies CliCommand;
