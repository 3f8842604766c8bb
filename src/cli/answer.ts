import type { Command } from '../domain/command.ts';
import type { CommandAnswer } from '../domain/ports/daemon.ts';
import type { CliContext } from './command.ts';
import { painter } from './paint.ts';
import { printable, printableLines } from './printable.ts';

/** Asks the daemon to do something and prints what came of it. @returns 0 done, 1 refused */
export async function ask(context: CliContext, command: Command): Promise<number> {
  return printAnswer(context, await context.api().execute(command));
}

/** Prints an answer: what was done to standard output, a refusal to standard error. */
export function printAnswer(context: CliContext, answer: CommandAnswer): number {
  const { out, err, json, color } = context;
  const code = answer.accepted ? 0 : 1;
  if (json) {
    out(JSON.stringify(answer));
    return code;
  }
  const paint = painter(color);
  const [message = '', ...more] = printableLines(answer.message);
  const say = answer.accepted ? out : err;
  say(`${answer.accepted ? paint.green('ok') : paint.red('refused')}  ${message}`);
  for (const line of more) say(`  ${line}`);
  if (answer.incident !== null) out(paint.dim(`    rollbackd show ${printable(answer.incident)}`));
  return code;
}
