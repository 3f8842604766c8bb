import { resolve } from 'node:path';
import { findProgram } from '../../clients/process/programs.ts';
import { runInForeground } from '../../clients/process/foreground.ts';
import { RollbackError } from '../../domain/errors.ts';
import { formatDuration, MINUTE } from '../../domain/time.ts';
import { ask } from '../answer.ts';
import { optionDuration, optionText, type CliContext } from '../command.ts';
import { painter } from '../paint.ts';
import { printable } from '../printable.ts';
import { beginMigration, type Begin } from './begin.ts';
import { watchMigration } from './watch.ts';

/** The two halves of a deployment, and for how long each is watched. */
export interface Canary {
  /** Deploys one service alone. */
  readonly first: string;
  readonly firstForMs: number;
  /** Deploys the rest. */
  readonly rest: string;
  readonly restForMs: number;
}

/**
 * What `--canary` and `--then` ask for; null without them. The programs have to be there before a window opens.
 *
 * @throws RollbackError `USAGE`, `NOT_FOUND`, `REFUSED`
 */
export async function canaryIn(context: CliContext, { phase, withinMs }: Begin): Promise<Canary | null> {
  const written = ['canary', 'then', 'canary-for', 'watch'].filter(
    (name) => optionText(context, name) !== null,
  );
  if (written.length === 0) return null;
  const usage = (problem: string): RollbackError =>
    new RollbackError('USAGE', `migrate ${phase}: ${problem}`);
  if (phase === 'begin') throw usage(`--${written[0]} is for migrate retry`);
  const first = optionText(context, 'canary');
  const rest = optionText(context, 'then');
  if (first === null)
    throw usage(`--${written[0]} is for a canary; say which program deploys it, with --canary`);
  if (rest === null)
    throw usage('say which program deploys the rest when nothing breached, with --then PROGRAM');
  const firstForMs = optionDuration(context, 'canary-for', 10 * MINUTE);
  const restForMs = optionDuration(context, 'watch', 10 * MINUTE);
  if (firstForMs + restForMs >= withinMs)
    throw usage(
      `the window is open for ${formatDuration(withinMs)}, and watching alone takes ${formatDuration(firstForMs + restForMs)}; say a longer --within`,
    );
  return { first: await programAt(first), firstForMs, rest: await programAt(rest), restForMs };
}

function programAt(written: string): Promise<string> {
  const path = resolve(written);
  return findProgram(path, [path]);
}

/**
 * Tries a migration again one service first: opens the window, runs the canary's program, watches, runs the other, watches,
 * and ends the window. A program that fails and anything that breaches end it as failed, and nothing else is run. What
 * interrupts this command leaves the window open, and says so: the daemon watches on.
 *
 * @returns 0 when it went well, 1 when it did not
 */
export async function retryWithCanary(context: CliContext, asked: Begin, canary: Canary): Promise<number> {
  const begun = await beginMigration(context, asked, { alone: false });
  if (begun !== 0) return begun;
  const { target } = asked;
  context.whenCutShort(() => staysOpen(target));
  try {
    const open = await windowOf(context, target);
    const well =
      (await deployed(context, { target, open, what: 'the canary', path: canary.first })) &&
      (await watchMigration(context, target, canary.firstForMs)) === 0 &&
      (await deployed(context, { target, open, what: 'the rest', path: canary.rest })) &&
      (await watchMigration(context, target, canary.restForMs)) === 0;
    return await ended(context, asked, well);
  } catch (error) {
    context.err(printable(staysOpen(target)));
    throw error;
  }
}

function staysOpen(target: string): string {
  return `the migration of ${target} is not ended, and its window stays open: look at \`rollbackd migrate status ${target}\`, then go on by hand (\`rollbackd migrate watch ${target}\`), and end it with \`rollbackd migrate end ${target}\`, with --failed where it did not succeed`;
}

/** Names the window for its programs: when it opened. */
async function windowOf(context: CliContext, target: string): Promise<string> {
  const { targets } = await context.api().status();
  const since = targets.find(({ name }) => name === target)?.migration?.since;
  if (since !== undefined) return new Date(since).toISOString();
  throw new RollbackError('REFUSED', `${target}: its window was closed again at once; nothing was deployed`);
}

interface Deploying {
  readonly target: string;
  readonly open: string;
  readonly what: string;
  readonly path: string;
}

async function deployed(context: CliContext, { target, open, what, path }: Deploying): Promise<boolean> {
  const { environment, signal, json, out, err, color } = context;
  if (!json) out(printable(`deploy  ${what}: ${path}`));
  const given = { ...environment, ROLLBACKD_TARGET: target, ROLLBACKD_MIGRATION: open };
  const problem = await runInForeground({ path, environment: given, apart: json }, signal);
  if (signal.aborted)
    throw new RollbackError('ABORTED', `stopped while ${what} was being deployed by ${path}`);
  if (problem === null) return true;
  const message = `${what} was not deployed: ${path} ${problem}`;
  if (json) out(JSON.stringify({ target, well: false, message }));
  else err(`${painter(color).red('FAILED')}  ${printable(`${target}: ${message}`)}`);
  return false;
}

/** A rollback, or its time, may have closed it as failed already. */
async function ended(context: CliContext, { target, note }: Begin, well: boolean): Promise<number> {
  const { targets } = await context.api().status();
  const isOpen = targets.some(({ name, migration }) => name === target && migration !== null);
  if (!isOpen && !well) return 1;
  const code = await ask(context, { do: 'migrate', phase: 'end', target, failed: !well, note });
  return well ? code : 1;
}
