import type { Command, CommandAnswer } from '../domain/ports/daemon.ts';
import type { CliContext } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';

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
  const message = printable(answer.message);
  if (answer.accepted) out(`${paint.green('ok')}  ${message}`);
  else err(`${paint.red('refused')}  ${message}`);
  if (answer.incident !== null) out(paint.dim(`    rollbackd show ${printable(answer.incident)}`));
  return code;
}
