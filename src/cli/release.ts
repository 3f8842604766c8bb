import { RollbackError } from '../domain/errors.ts';
import type { ComponentKind } from '../domain/release.ts';
import { ask } from './answer.ts';
import { noteOption, optionText, positional, type CliCommand, type CliContext } from './command.ts';
import { printReleases } from './release-list.ts';

const kinds: readonly ComponentKind[] = ['image', 'config', 'commit', 'link', 'schema'];

/** What has run, what is proven, and what CI knows of it. */
export const command = {
  name: 'release',
  summary: 'List the releases of a target; record one; call one good or bad',
  usage: 'release list|record|good|bad TARGET [RELEASE] [options]',
  takes: ['list|record|good|bad', 'TARGET', '[RELEASE]'],
  options: {
    image: { type: 'string', value: 'ID', help: 'record: image id' },
    config: { type: 'string', value: 'DIGEST', help: 'record: digest of the create specification' },
    commit: { type: 'string', value: 'SHA', help: 'record: commit' },
    link: { type: 'string', value: 'PATH', help: 'record: release directory' },
    schema: {
      type: 'string',
      value: 'STORE=VERSION',
      help: 'record: version of the schema of a data store that it runs with',
    },
    barrier: { type: 'string', value: 'REASON', help: 'record: nothing may go back behind this release' },
    ...noteOption,
  },
  examples: [
    'rollbackd release list backend',
    'rollbackd release record backend --image sha256:… --barrier "migration 42"',
    'rollbackd release good backend r-0a1b2c3d4e5f',
    'rollbackd release bad backend r-0a1b2c3d4e5f -m "loses carts"',
  ],
  run: (context) => {
    const verb = positional(context, 0);
    if (verb === 'list') return printReleases(context, positional(context, 1));
    if (verb === 'record') return record(context);
    if (verb === 'good' || verb === 'bad') return judge(context, verb);
    throw new RollbackError('USAGE', `release: expected list, record, good or bad, got ${verb}`);
  },
} satisfies CliCommand;

function record(context: CliContext): Promise<number> {
  const components = kinds.flatMap((kind) => {
    const value = optionText(context, kind);
    return value === null ? [] : [{ kind, value }];
  });
  if (components.length === 0)
    throw new RollbackError(
      'USAGE',
      'release record: say what it consists of: --image, --config, --commit, --link or --schema',
    );
  return ask(context, {
    do: 'release',
    action: 'record',
    target: positional(context, 1),
    components,
    barrier: optionText(context, 'barrier'),
  });
}

function judge(context: CliContext, action: 'good' | 'bad'): Promise<number> {
  const release = context.positionals[2];
  if (release === undefined)
    throw new RollbackError(
      'USAGE',
      `release ${action}: RELEASE is missing; \`rollbackd release list\` lists them`,
    );
  return ask(context, {
    do: 'release',
    action,
    target: positional(context, 1),
    release,
    note: optionText(context, 'note') ?? '',
  });
}
