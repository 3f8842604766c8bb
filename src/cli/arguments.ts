import { parseArgs } from 'node:util';
import { RollbackError } from '../domain/errors.ts';
import type { CliCommand, CliOption, OptionValue } from './command.ts';
import { nearest } from './spelling.ts';

/** Options of every command. */
export const commonOptions = {
  json: { type: 'boolean', help: 'print JSON on one line, for programs' },
  help: { type: 'boolean', short: 'h', help: 'print this' },
} as const satisfies Record<string, CliOption>;

export interface Arguments {
  readonly values: Readonly<Record<string, OptionValue>>;
  readonly positionals: readonly string[];
}

/**
 * Reads the arguments of a command.
 *
 * @throws RollbackError `USAGE` for unknown options (with what was probably meant), missing and superfluous values
 */
export function readArguments(command: CliCommand, args: readonly string[]): Arguments {
  const options: Readonly<Record<string, CliOption>> = { ...command.options, ...commonOptions };
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, short, multiple }]) => [
        name,
        { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) if (token.kind === 'option') checkOption(command, options, token);
  if (values['help'] !== true) checkCount(command, positionals);
  return { values, positionals };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function checkOption(
  command: CliCommand,
  options: Readonly<Record<string, CliOption>>,
  { name, rawName, value, inlineValue }: OptionToken,
): void {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) {
    const meant = nearest(name, Object.keys(options));
    throw wrong(command, `unknown option ${rawName}${meant === null ? '' : `, did you mean --${meant}?`}`);
  }
  if (option.type === 'boolean' && value !== undefined) throw wrong(command, `${rawName} takes no value`);
  // `--to --json` is a forgotten value, not a release named `--json`; `--to=-x` says that it is meant.
  const forgotten = value === undefined || (inlineValue === false && value.startsWith('-'));
  if (option.type === 'string' && forgotten)
    throw wrong(command, `${rawName} needs a value: ${rawName} ${option.value ?? 'VALUE'}`);
}

function checkCount(command: CliCommand, positionals: readonly string[]): void {
  const missing = command.takes[positionals.length];
  if (missing !== undefined && !missing.startsWith('[')) throw wrong(command, `${missing} is missing`);
  // What ends in an ellipsis may be said any number of times.
  const extra = command.takes.at(-1)?.includes('…') === true ? undefined : positionals[command.takes.length];
  if (extra !== undefined) throw wrong(command, `unexpected argument ${extra}`);
}

function wrong({ name, usage }: CliCommand, message: string): RollbackError {
  return new RollbackError('USAGE', `${name}: ${message}\nusage: rollbackd ${usage}`);
}
