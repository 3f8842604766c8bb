import { causes, type Cause } from '../domain/incident.ts';
import { RollbackError } from '../domain/errors.ts';
import { ask } from './answer.ts';
import { noteOption, optionText, positional, type CliCommand, type CliContext } from './command.ts';
import { command as plan } from './plan.ts';

const names = Object.keys(causes) as Cause[];

/** Asks for a rollback by a person's own judgement. */
export const command = {
  name: 'rollback',
  summary: 'Roll a target back now, by your own judgement',
  usage: `rollback TARGET --because CAUSE [--to RELEASE] [--playbook NAME] [--plan DIGEST] [--note TEXT] [--dry-run]`,
  takes: ['TARGET'],
  options: {
    because: {
      type: 'string',
      value: 'CAUSE',
      help: names.map((name) => `${name} (${causes[name]})`).join(', '),
    },
    to: { type: 'string', value: 'RELEASE', help: 'which release; the last good one unless stated' },
    playbook: { type: 'string', value: 'NAME', help: "pack/name; the target's own unless stated" },
    plan: { type: 'string', value: 'DIGEST', help: 'only this plan, as `rollbackd plan` showed it' },
    ...noteOption,
    'dry-run': { type: 'boolean', help: 'change nothing, show what `rollbackd plan` shows; needs no cause' },
  },
  examples: [
    'rollbackd rollback backend --dry-run        # look first',
    'rollbackd rollback backend --because regression -m "search finds nothing"',
    'rollbackd rollback backend --because security --to r-0a1b2c3d4e5f',
  ],
  run: (context) => {
    if (context.values['dry-run'] === true) return plan.run(context);
    const planDigest = optionText(context, 'plan');
    return ask(context, {
      do: 'rollback',
      target: positional(context, 0),
      because: causeIn(context),
      to: optionText(context, 'to'),
      playbook: optionText(context, 'playbook'),
      note: optionText(context, 'note') ?? '',
      ...(planDigest === null ? {} : { planDigest }),
    });
  },
} satisfies CliCommand;

function causeIn(context: CliContext): Cause {
  const written = optionText(context, 'because');
  const cause = names.find((name) => name === written);
  if (cause !== undefined) return cause;
  const got = written === null ? 'it is missing' : `got ${written}`;
  throw new RollbackError('USAGE', `--because: expected one of ${names.join(', ')}; ${got}`);
}
