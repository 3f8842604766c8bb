import type { Command } from '../../domain/command.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { MigrationView } from '../../domain/migration.ts';
import { printAnswer } from '../answer.ts';
import { jobEnded } from '../backups/follow-job.ts';
import type { CliContext } from '../command.ts';
import { painter } from '../paint.ts';
import { printable } from '../printable.ts';
import { checkLines } from './lines.ts';

/** What a window is opened with. */
export type Begin = Omit<Extract<Command, { do: 'migrate'; phase: 'begin' | 'retry' }>, 'do' | 'confirmed'>;

/**
 * Looks at the checklist, has a set made, and opens the window.
 *
 * @param alone whether that is all: then it says how to go on
 * @returns 0 when it is open, 1 when it was refused
 */
export async function beginMigration(
  context: CliContext,
  asked: Begin,
  { alone }: { readonly alone: boolean },
): Promise<number> {
  const { target, recipe, phase } = asked;
  const view = await context.api().migration({ target, recipe, again: phase === 'retry' });
  if (!context.json) checkLines(printable(view), asked.fixed, painter(context.color)).forEach(context.out);
  if (view.refusals.length > 0)
    return printAnswer(context, {
      accepted: false,
      message: `no migration of ${target}: ${view.refusals.join('; ')}`,
      incident: null,
    });
  const confirmed = await confirm(context, view);
  const set = asked.set ?? (view.needsSet ? await makeSet(context, recipe) : null);
  const answer = await context.api().execute({ do: 'migrate', ...asked, set, confirmed });
  const code = printAnswer(context, answer);
  if (code === 0 && alone && !context.json) nextLines(asked).forEach(context.out);
  return code;
}

async function confirm(
  { values, ask, out, json }: CliContext,
  { confirm: risks }: MigrationView,
): Promise<boolean> {
  if (risks.length === 0 || values['yes'] === true) return values['yes'] === true;
  if (!json) for (const risk of printable(risks)) out(`may be lost: ${risk}`);
  if (ask === undefined)
    throw new RollbackError(
      'USAGE',
      `migrate: a person has to confirm what may be lost (${risks.join('; ')}); say --yes if that is known`,
    );
  if ((await ask('type yes if that is known: '))?.trim() === 'yes') return true;
  throw new RollbackError('REFUSED', 'nothing was done: it was not confirmed');
}

/** @throws RollbackError `REFUSED` when the set could not be made */
async function makeSet(context: CliContext, recipe: string): Promise<string> {
  const job = await jobEnded(context, await context.api().backups.create({ recipe, smallerOk: false }));
  if (job.ended !== 'well' || job.set === null)
    throw new RollbackError('REFUSED', `no migration begins: the backup of ${recipe} failed: ${job.message}`);
  if (!context.json) context.out(`[x] a fresh backup set: ${printable(job.message)}`);
  return job.set;
}

function nextLines({ phase, target }: Begin): readonly string[] {
  const name = printable(target);
  if (phase === 'begin')
    return [`then    rollbackd migrate watch ${name}, and rollbackd migrate end ${name}`];
  return [
    'then    deploy one service alone, as the canary',
    `        rollbackd migrate watch ${name} --for 10m   (exits 0 when nothing breached)`,
    `        deploy the rest, watch again, and rollbackd migrate end ${name}`,
  ];
}
