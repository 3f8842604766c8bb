import { RollbackError } from '../domain/errors.ts';
import type { IncidentView, PlanView, StatusView } from '../domain/ports/daemon.ts';
import { optionText, type CliCommand, type CliContext } from './command.ts';
import { chooseTargets } from './emergencies/choose-targets.ts';
import { followRollback, type Followed } from './emergencies/follow-rollback.ts';
import { emergencyPlanLines, endLines } from './emergencies/lines.ts';
import { unreachable } from './emergencies/unreachable.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';

/** One line at 3 a.m.: shows what would be done, asks once, does it, and stays until it is verified. */
export const command = {
  name: 'emergency',
  summary: 'Roll back now, ask once, and follow it until it is verified',
  usage: 'emergency [TARGET…] [--all] [--because WORDS] [--yes]',
  takes: ['[TARGET…]'],
  options: {
    all: { type: 'boolean', help: 'every target' },
    because: { type: 'string', value: 'WORDS', help: 'why, for the journal and whoever is told' },
    yes: { type: 'boolean', help: 'the plans are meant; do not ask' },
  },
  examples: [
    'rollbackd emergency                        # shows what is wrong, and asks which',
    'rollbackd emergency backend --because "nobody can log in"',
    'rollbackd emergency --all --yes',
  ],
  run: async (context) => {
    try {
      return await act(context);
    } catch (error) {
      throw unreachable(error, context);
    }
  },
} satisfies CliCommand;

/** What one target comes to: the rollback that is followed, or why there is none. */
type Ordered =
  | { readonly target: string; readonly incident: string }
  | { readonly target: string; readonly refused: string };

async function act(context: CliContext): Promise<number> {
  const status = await context.api().status();
  const targets = await chooseTargets(context, status);
  if (status.halted !== null)
    throw new RollbackError(
      'REFUSED',
      `nothing may start: ${status.halted}; rollbackd unhalt first, an emergency does not go before a halt`,
    );
  const begun = new Map(targets.flatMap((target) => runningOn(status, target)));
  const plans = await Promise.all(
    targets.filter((target) => !begun.has(target)).map((target) => planFor(context, target)),
  );
  show(context, status, plans);
  const possible = plans.filter(({ refusal }) => refusal === null);
  if (possible.length > 0) await confirm(context, possible);
  const ordered: Ordered[] = [];
  for (const plan of plans) ordered.push(await order(context, plan));
  for (const [target, incident] of begun) ordered.push({ target, incident });
  return end(context, ordered);
}

function planFor(context: CliContext, target: string): Promise<PlanView> {
  return context.api().plan({ target, to: null, playbook: null, emergency: true });
}

/** What is being rolled back already is followed, not asked for again. */
function runningOn({ open }: StatusView, target: string): [string, string][] {
  const running = open.find((row) => row.target === target && row.state === 'rolling_back');
  return running === undefined ? [] : [[target, running.id]];
}

function show({ json, out, color, width }: CliContext, status: StatusView, plans: readonly PlanView[]): void {
  if (json) return;
  const paint = painter(color);
  for (const plan of plans)
    emergencyPlanLines(printable(plan), printable(status), { paint, width }).forEach(out);
}

/** Asks once, for all of them. */
async function confirm({ values, ask }: CliContext, plans: readonly PlanView[]): Promise<void> {
  if (values['yes'] === true) return;
  const [only] = plans;
  const word = plans.length === 1 && only !== undefined ? only.target : `${plans.length} targets`;
  if (ask === undefined)
    throw new RollbackError('USAGE', 'emergency: nobody is there to be asked; say --yes if it is meant');
  const typed = await ask(`type ${printable(word)} to roll back now: `);
  if (typed?.trim() !== word) throw new RollbackError('REFUSED', 'nothing was done: it was not confirmed');
}

async function order(context: CliContext, { target, digest, refusal }: PlanView): Promise<Ordered> {
  if (refusal !== null) return { target, refused: refusal };
  const note = optionText(context, 'because') ?? '';
  const answer = await context.api().execute({ do: 'emergency', target, note, planDigest: digest });
  if (!answer.accepted || answer.incident === null) return { target, refused: answer.message };
  if (!context.json) context.out(`${painter(context.color).green('ok')}  ${printable(answer.message)}`);
  return { target, incident: answer.incident };
}

async function end(context: CliContext, ordered: readonly Ordered[]): Promise<number> {
  const many = ordered.length > 1;
  const ended = await Promise.all(
    ordered.map(async (one) =>
      'refused' in one ? one : { ...one, ...(await followRollback(context, one.incident, many)) },
    ),
  );
  const verified = ended.every((one) => 'view' in one && one.verified);
  if (context.json) context.out(JSON.stringify(ended.map(inJson)));
  else for (const one of ended) sayEnd(context, one);
  return verified ? 0 : 1;
}

type Ended = Ordered & (Followed | { readonly refused: string });

function sayEnd({ out, err, color }: CliContext, one: Ended): void {
  const paint = painter(color);
  if ('view' in one) endLines(printable(one), paint).forEach(out);
  else if ('refused' in one) err(`${paint.red('refused')}  ${printable(`${one.target}: ${one.refused}`)}`);
}

function inJson(one: Ended): object {
  if (!('view' in one)) return one;
  const { id, outcome, reason, rto, byHand }: IncidentView = one.view;
  return { target: one.target, incident: id, verified: one.verified, outcome, reason, rto, byHand };
}
