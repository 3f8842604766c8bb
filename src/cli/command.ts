import type { DaemonApi } from '../clients/api/api-client.ts';
import { RollbackError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { parseDuration } from '../domain/time.ts';
import type { Variables } from '../domain/variables.ts';
import type { Terminal } from './watch/terminal.ts';

/** An option as `node:util` parses it, with what `--help` says of it. */
export interface CliOption {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in the usage, e.g. `RELEASE`. */
  readonly value?: string;
  readonly help: string;
}

export type OptionValue = string | boolean | readonly string[] | undefined;

/** Everything that a command may touch. */
export interface CliContext {
  readonly values: Readonly<Record<string, OptionValue>>;
  readonly positionals: readonly string[];
  /** Writes a line to standard output. */
  readonly out: (line: string) => void;
  /** Writes a line to standard error. */
  readonly err: (line: string) => void;
  /** Shows how far a long command is on a line that the next one replaces; lacking where nobody would see it. */
  readonly progress?: (line: string) => void;
  readonly color: boolean;
  readonly json: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** Asks whoever sits there, and resolves to what was typed; null at the end of input. Lacking where nobody does. */
  readonly ask?: (question: string) => Promise<string | null>;
  /** The whole screen, for who asks for it; lacking where there is no terminal. */
  readonly terminal?: Terminal;
  /** A client of the running daemon, as the environment says; its calls end with `signal`, or the signal stated. */
  readonly api: (until?: AbortSignal) => DaemonApi;
  readonly environment: Variables;
  readonly clock: Clock;
  /** Aborts at the first SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
  /** Calls back at each SIGHUP. */
  readonly onHangup: (call: () => void) => void;
  /** What a second SIGTERM or SIGINT, which ends the process at once, says was left undone. */
  readonly whenCutShort: (describe: () => string) => void;
  readonly commands: Readonly<Record<string, CliCommand>>;
}

/** One command: a file of `src/cli`, listed in `commands.ts`. */
export interface CliCommand {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What follows `rollbackd`: words in capitals are values, those in brackets may be left out. */
  readonly usage: string;
  /** The names of its positionals, in order; those in brackets may be left out, a last one with … may be repeated. */
  readonly takes: readonly string[];
  readonly options: Readonly<Record<string, CliOption>>;
  readonly examples: readonly string[];
  /** @returns the exit code: 0 yes, 1 no */
  readonly run: (context: CliContext) => Promise<number>;
}

/** The value of a `string` option, or null. */
export function optionText({ values }: CliContext, name: string): string | null {
  const value = values[name];
  return typeof value === 'string' ? value : null;
}

/** @throws RollbackError `USAGE` unless it is a duration such as `90s` */
export function optionDuration(context: CliContext, name: string, otherwiseMs: number): number {
  const written = optionText(context, name);
  if (written === null) return otherwiseMs;
  const ms = parseDuration(written);
  if (ms !== null && ms > 0) return ms;
  throw new RollbackError('USAGE', `--${name}: expected a duration such as 90s, 2h or 1h30m, got ${written}`);
}

/** A positional that `takes` says is there. */
export function positional({ positionals }: CliContext, index: number): string {
  return positionals[index] ?? '';
}

/** What more than one command offers. */
export const noteOption = {
  note: { type: 'string', short: 'm', value: 'TEXT', help: 'why, for the journal' },
} as const satisfies Record<string, CliOption>;
