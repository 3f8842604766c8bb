import { RollbackError } from '../domain/errors.ts';
import { followJob } from './backups/follow-job.ts';
import { listSets } from './backups/list-sets.ts';
import { showSet } from './backups/show-set.ts';
import { optionText, positional, type CliCommand, type CliContext } from './command.ts';
import { printable } from './printable.ts';

/** Backup sets. */
export const command = {
  name: 'backup',
  summary: 'Make, look at, verify, restore and prune backup sets',
  usage:
    'backup create|list|show|verify|restore|prune [RECIPE|ID] [--smaller] [--rehearse] [--part NAME] [--yes] [--detach]',
  takes: ['create|list|show|verify|restore|prune', '[RECIPE|ID]'],
  options: {
    smaller: { type: 'boolean', help: 'create: parts may be less than half of what they were' },
    rehearse: {
      type: 'boolean',
      help: 'verify: restore into scratch and count, instead of only reading',
    },
    part: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      help: 'restore: only this part; may be repeated',
    },
    yes: { type: 'boolean', help: 'restore: what is in use is replaced, and that is meant' },
    detach: { type: 'boolean', help: 'do not wait for the end; `backup list` shows how far it is' },
  },
  examples: [
    'rollbackd backup create layra',
    'rollbackd backup list',
    'rollbackd backup verify b-20261121-043000-x7k2 --rehearse',
    'rollbackd backup restore b-20261121-043000-x7k2 --part /opt/layra/.env --yes',
  ],
  run: (context) => {
    const verb = positional(context, 0);
    const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (act === undefined)
      throw new RollbackError(
        'USAGE',
        `backup: expected ${Object.keys(verbs).join(', ')}; got ${printable(verb)}`,
      );
    return act(context);
  },
} satisfies CliCommand;

const verbs: Readonly<Record<string, (context: CliContext) => Promise<number>>> = {
  create: async (context) => {
    const recipe = named(context, 'RECIPE');
    const smallerOk = context.values['smaller'] === true;
    return followJob(context, await context.api().backups.create({ recipe, smallerOk }));
  },
  list: listSets,
  show: (context) => showSet(context, named(context, 'ID')),
  verify: async (context) => {
    const id = named(context, 'ID');
    return followJob(context, await context.api().backups.verify(id, context.values['rehearse'] === true));
  },
  restore: async (context) => {
    const id = named(context, 'ID');
    if (context.values['yes'] !== true)
      throw new RollbackError(
        'USAGE',
        `backup restore replaces what is in use by what ${printable(id)} holds; say --yes if that is meant`,
      );
    return followJob(context, await context.api().backups.restore(id, partsIn(context)));
  },
  prune: async (context) => {
    const removed = await context.api().backups.prune();
    if (context.json) context.out(JSON.stringify({ removed }));
    else if (removed.length === 0) context.out('nothing is past retention');
    else for (const id of removed) context.out(`removed ${printable(id)}`);
    return 0;
  },
};

function named(context: CliContext, what: 'RECIPE' | 'ID'): string {
  const name = context.positionals[1] ?? '';
  if (name !== '') return name;
  const verb = positional(context, 0);
  const example = what === 'RECIPE' ? 'layra' : 'b-20261121-043000-x7k2';
  throw new RollbackError('USAGE', `backup ${verb}: say which, e.g. rollbackd backup ${verb} ${example}`);
}

function partsIn(context: CliContext): readonly string[] {
  const { part } = context.values;
  if (Array.isArray(part)) return part as readonly string[];
  const only = optionText(context, 'part');
  return only === null ? [] : [only];
}
