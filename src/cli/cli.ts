import { RollbackError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Variables } from '../domain/variables.ts';
import { readArguments, type Arguments } from './arguments.ts';
import type { CliCommand, CliContext } from './command.ts';
import { commands } from './commands.ts';
import { connect } from './connection.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';
import { nearest } from './spelling.ts';
import { commandHelp, overview } from './usage.ts';
import type { Terminal } from './watch/terminal.ts';

/** What the process lends to a command. */
export interface Surroundings {
  readonly argv: readonly string[];
  readonly environment: Variables;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly progress?: (line: string) => void;
  readonly color: boolean;
  readonly width: number;
  /** Asks whoever sits there, and resolves to what was typed; null at the end of input. Lacking where nobody does. */
  readonly ask?: (question: string) => Promise<string | null>;
  readonly terminal?: Terminal;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onHangup: (call: () => void) => void;
  readonly whenCutShort: (describe: () => string) => void;
}

/**
 * Runs one command line.
 *
 * @returns the exit code: 0 yes, 1 no (problems, refused), 2 wrong usage, 3 daemon unreachable
 */
export async function runCli(surroundings: Surroundings): Promise<number> {
  const [word, ...args] = surroundings.argv;
  try {
    if (word === undefined) {
      overview(commands).forEach((line) => surroundings.err(line));
      return 2;
    }
    const command = commandNamed(word);
    return await runCommand(command, readArguments(command, args), surroundings);
  } catch (error) {
    return report(error, surroundings);
  }
}

function commandNamed(word: string): CliCommand {
  const name = word === '--help' || word === '-h' ? 'help' : word === '--version' ? 'version' : word;
  const all: Readonly<Record<string, CliCommand>> = commands;
  const command = Object.hasOwn(all, name) ? all[name] : undefined;
  if (command !== undefined) return command;
  const meant = nearest(name, Object.keys(all));
  const hint = meant === null ? '`rollbackd help` lists the commands' : `did you mean ${meant}?`;
  throw new RollbackError('USAGE', `unknown command ${name}, ${hint}`);
}

async function runCommand(
  command: CliCommand,
  { values, positionals }: Arguments,
  surroundings: Surroundings,
): Promise<number> {
  const { environment, signal, out, clock } = surroundings;
  if (values['help'] === true) {
    commandHelp(command).forEach((line) => out(line));
    return 0;
  }
  const context: CliContext = {
    ...surroundings,
    values,
    positionals,
    json: values['json'] === true,
    api: (until = signal) => connect(environment, until, clock),
    commands,
  };
  return command.run(context);
}

/** An expected error is one message, its code and what to do; a fault of ours is one line and a hint. */
function report(error: unknown, { err, color, argv, environment }: Surroundings): number {
  const debug = environment['ROLLBACKD_DEBUG'] === '1';
  if (!(error instanceof RollbackError)) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    err(`rollbackd: unexpected fault: ${printable(said)}; ROLLBACKD_DEBUG=1 shows where`);
    if (debug && error instanceof Error) err(error.stack ?? '');
    return 1;
  }
  if (argv.includes('--json')) err(JSON.stringify({ code: error.code, message: error.message }));
  else {
    const [first = '', ...more] = error.message.split('\n').map(printable);
    err(`${painter(color).red('rollbackd:')} ${first} [${error.code}]`);
    more.forEach((line) => err(line));
  }
  if (debug) err(error.stack ?? '');
  return exitCodeOf(error);
}

function exitCodeOf({ code }: RollbackError): number {
  if (code === 'USAGE') return 2;
  return code === 'DAEMON_UNREACHABLE' ? 3 : 1;
}
