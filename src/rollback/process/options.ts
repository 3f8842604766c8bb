import { z } from 'zod';
import { durationOption } from '../drivers/duration-option.ts';

const absolute = z.string().regex(/^(\/|\$\{)/, 'expected an absolute path');
const vector = z.array(z.string()).min(1, 'expected a program of allowed_programs and its arguments');
/** No patterns, which systemctl would take for every unit that fits, and no options. */
const unitName = /^[A-Za-z0-9_:\\][A-Za-z0-9_.:@\\-]{0,254}$/;
const unitTypes = /\.(service|socket|target|timer|path|slice|scope|mount|automount|swap|device)$/;

const which = {
  unit: z
    .string()
    .refine((text) => text.includes('${') || unitName.test(text), 'expected the name of one systemd unit')
    .refine(
      (text) => text.includes('${') || !unitTypes.test(text) || text.endsWith('.service'),
      'only services are stopped and started',
    )
    .optional()
    .describe('A service of systemd; systemctl must be one of allowed_programs'),
  pid_file: absolute
    .optional()
    .describe('Or the file that holds the number of a process, as the host has it'),
  command: vector.optional().describe('Or a program of allowed_programs that does it, with its arguments'),
  status: vector
    .optional()
    .describe('With command, says whether the process runs: exit 0 it does, 1 or 3 it does not'),
  within: durationOption
    .default('30s')
    .describe('How long it may take; a process of a pid file is killed after that'),
  start: vector
    .optional()
    .describe('With pid_file or command: starts the process in the background and returns'),
};

type Which = { readonly [key in 'unit' | 'pid_file' | 'command' | 'status' | 'start']?: unknown };

function isOne({ unit, pid_file: pidFile, command }: Which): boolean {
  return [unit, pidFile, command].filter((one) => one !== undefined).length === 1;
}

function fits({ unit, command, status, start }: Which): boolean {
  return (unit === undefined || start === undefined) && (status === undefined || command !== undefined);
}

const notOne = 'state exactly one of unit, pid_file and command';
const unfit = 'start does not go with unit, and status only with command';

/** Options of `process.stop`. */
export const stopOptions = z.strictObject(which).refine(isOne, notOne).refine(fits, unfit);
export type StopOptions = z.output<typeof stopOptions>;

/** Options of `process.restart`. */
export const restartOptions = z
  .strictObject(which)
  .refine(isOne, notOne)
  .refine(fits, unfit)
  .refine(
    ({ pid_file: pidFile, start }) => pidFile === undefined || start !== undefined,
    'a pid file does not say how its process is started: state start: [PROGRAM, ARGUMENT…]',
  )
  .refine(
    ({ command, start }) => command === undefined || start === undefined,
    'command restarts by itself: leave start out',
  );
export type RestartOptions = z.output<typeof restartOptions>;
