import { RollbackError } from '../domain/errors.ts';
import { usualWindowMs } from '../domain/migration.ts';
import { formatDuration, MINUTE } from '../domain/time.ts';
import { ask } from './answer.ts';
import {
  noteOption,
  optionDuration,
  optionText,
  positional,
  type CliCommand,
  type CliContext,
} from './command.ts';
import { beginMigration, type Begin } from './migrations/begin.ts';
import { canaryIn, retryWithCanary } from './migrations/canary.ts';
import { migrationLines } from './migrations/lines.ts';
import { watchMigration } from './migrations/watch.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';

/** A migration is an open window behind a fresh backup set. */
export const command = {
  name: 'migrate',
  summary: 'Open and close the window of a migration, behind a fresh backup set',
  usage:
    'migrate begin|retry|watch|end|status [TARGET] [--recipe NAME] [--set ID] [--within DURATION] [--fixed TEXT] [--canary PROGRAM] [--canary-for DURATION] [--then PROGRAM] [--watch DURATION] [--for DURATION] [--failed] [--yes] [--note TEXT]',
  takes: ['begin|retry|watch|end|status', '[TARGET]'],
  options: {
    recipe: { type: 'string', value: 'NAME', help: 'begin, retry: by which the set is made' },
    set: {
      type: 'string',
      value: 'ID',
      help: 'begin, retry: a set that was made for it within the last hour',
    },
    within: {
      type: 'string',
      value: 'DURATION',
      help: `begin, retry: the window closes by itself after this; ${formatDuration(usualWindowMs)} unless stated`,
    },
    fixed: { type: 'string', value: 'TEXT', help: 'retry: what was found and fixed since the rollback' },
    canary: {
      type: 'string',
      value: 'PROGRAM',
      help: 'retry: deploys one service alone; runs here, as you, without arguments',
    },
    'canary-for': {
      type: 'string',
      value: 'DURATION',
      help: 'retry: how long nothing may breach before the rest; 10m unless stated',
    },
    // oxlint-disable-next-line unicorn/no-thenable -- options are never awaited
    then: { type: 'string', value: 'PROGRAM', help: 'retry: deploys the rest' },
    watch: {
      type: 'string',
      value: 'DURATION',
      help: 'retry: how long nothing may breach after the rest; 10m unless stated',
    },
    for: { type: 'string', value: 'DURATION', help: 'watch: how long nothing may breach; 10m unless stated' },
    failed: { type: 'boolean', help: 'end: it did not succeed' },
    yes: { type: 'boolean', help: 'begin, retry: what may be lost is known; do not ask' },
    ...noteOption,
  },
  examples: [
    'rollbackd migrate begin backend --recipe layra --within 2h -m "orders get an index"',
    'rollbackd migrate watch backend --for 10m   # exits 0 when nothing breached',
    'rollbackd migrate end backend',
    'rollbackd migrate retry backend --recipe layra --fixed "the index is built concurrently"',
    'rollbackd migrate retry backend --recipe layra --fixed "as above" --canary ./deploy-one.sh --then ./deploy-rest.sh',
    'rollbackd migrate status',
  ],
  run: (context) => {
    const verb = positional(context, 0);
    const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (act !== undefined) return act(context);
    throw new RollbackError(
      'USAGE',
      `migrate: expected ${Object.keys(verbs).join(', ')}; got ${printable(verb)}`,
    );
  },
} satisfies CliCommand;

const verbs: Readonly<Record<string, (context: CliContext) => Promise<number>>> = {
  begin: (context) => open(context, 'begin'),
  retry: (context) => open(context, 'retry'),
  watch: (context) => watchMigration(context, targetIn(context), optionDuration(context, 'for', 10 * MINUTE)),
  end: (context) =>
    ask(context, {
      do: 'migrate',
      phase: 'end',
      target: targetIn(context),
      failed: context.values['failed'] === true,
      note: optionText(context, 'note') ?? '',
    }),
  status: async (context) => {
    const { targets, now } = await context.api().status();
    const named = context.positionals[1];
    const open = targets
      .filter(({ name }) => named === undefined || name === named)
      .flatMap(({ name, migration }) => (migration === null ? [] : [{ target: name, ...migration }]));
    if (context.json) context.out(JSON.stringify(open));
    else if (open.length === 0) context.out('no migration goes on');
    else
      for (const one of printable(open))
        migrationLines(one.target, one, now, painter(context.color)).forEach((line) => context.out(line));
    return 0;
  },
};

async function open(context: CliContext, phase: Begin['phase']): Promise<number> {
  const asked = beginning(context, phase);
  const canary = await canaryIn(context, asked);
  if (canary === null) return beginMigration(context, asked, { alone: true });
  return retryWithCanary(context, asked, canary);
}

function beginning(context: CliContext, phase: Begin['phase']): Begin {
  const fixed = optionText(context, 'fixed') ?? '';
  if (phase === 'retry' && fixed === '')
    throw new RollbackError('USAGE', 'migrate retry: say what was found and fixed since, with --fixed TEXT');
  if (phase === 'begin' && fixed !== '')
    throw new RollbackError('USAGE', 'migrate begin: --fixed is for migrate retry');
  const recipe = optionText(context, 'recipe');
  if (recipe === null)
    throw new RollbackError(
      'USAGE',
      `migrate ${phase}: say by which recipe the set is made, with --recipe NAME`,
    );
  return {
    phase,
    target: targetIn(context),
    recipe,
    set: optionText(context, 'set'),
    withinMs: optionDuration(context, 'within', usualWindowMs),
    fixed,
    note: optionText(context, 'note') ?? '',
  };
}

function targetIn(context: CliContext): string {
  const target = context.positionals[1] ?? '';
  if (target !== '') return target;
  const verb = positional(context, 0);
  throw new RollbackError(
    'USAGE',
    `migrate ${verb}: say of which target, e.g. rollbackd migrate ${verb} backend`,
  );
}
