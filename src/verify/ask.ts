import type { TcpAddress, TcpAnswer } from '../clients/tcp.ts';
import { holds, wordComparison } from '../domain/comparison.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import type { Check } from '../domain/playbook.ts';
import type { Sources } from '../domain/ports/source.ts';
import type { Reading } from '../domain/reading.ts';
import type { Target } from '../domain/target.ts';

/**
 * What one try of a check saw. `inapplicable`: there is nothing to measure here, e.g. no memory limit; it neither
 * passes nor stands in the way.
 */
export interface Seen {
  readonly saw: 'passed' | 'failed' | 'unknown' | 'inapplicable';
  readonly detail: string;
}

/** Runs an argument vector; rejects with a `RollbackError` when it could not be run to its end. */
export type RunCommand = (
  argv: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
) => Promise<{ readonly exitCode: number | null; readonly output: string }>;

/** What checks are asked through. */
export interface Means {
  readonly sources: Sources;
  readonly connect: (address: TcpAddress, signal: AbortSignal) => Promise<TcpAnswer>;
  readonly run: RunCommand;
}

/** Asks a check once, its templates filled in. Trouble in asking is `unknown`, never a failure of what is asked about. */
export async function ask(
  means: Means,
  check: Check,
  target: Target | null,
  signal: AbortSignal,
): Promise<Seen> {
  const empty = /\$\{(?:target|from|to)\.[^}]*\}/.exec(JSON.stringify(check))?.[0];
  if (empty !== undefined) return { saw: 'unknown', detail: `${empty} has no value here` };
  try {
    if ('tcp' in check) return await askTcp(means, check.tcp, signal);
    if ('command' in check) return await askCommand(means, check.command, signal);
    return await askSource(means, check, target, signal);
  } catch (error) {
    return { saw: 'unknown', detail: messageOf(error) };
  }
}

async function askTcp({ connect }: Means, address: TcpAddress, signal: AbortSignal): Promise<Seen> {
  const { answer, detail } = await connect(address, signal);
  const saw = { connected: 'passed', refused: 'failed', unknown: 'unknown' } as const;
  return { saw: saw[answer], detail };
}

async function askCommand(
  { run }: Means,
  command: Extract<Check, { command: unknown }>['command'],
  signal: AbortSignal,
): Promise<Seen> {
  try {
    const { exitCode, output } = await run(command.run, command.timeoutMs, signal);
    if (exitCode === 0) return { saw: 'passed', detail: 'exit code 0' };
    const how = exitCode === null ? 'ended by a signal' : `exit code ${exitCode}`;
    const last = lastLine(output);
    return { saw: 'failed', detail: last === '' ? how : `${how}: ${last}` };
  } catch (error) {
    const late = error instanceof RollbackError && error.code === 'TIMED_OUT';
    return { saw: late ? 'failed' : 'unknown', detail: messageOf(error) };
  }
}

function lastLine(output: string): string {
  const line = output.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

type SourceCheck = Extract<Check, { source: unknown }>;

async function askSource(
  { sources }: Means,
  { source: { kind, options }, expect }: SourceCheck,
  target: Target | null,
  signal: AbortSignal,
): Promise<Seen> {
  const source = sources[kind];
  if (source === undefined) return { saw: 'unknown', detail: `there is no source ${kind}` };
  const name = target?.name ?? 'host';
  const readings = await source.read(options, [{ name, target }], signal);
  const reading = readings.get(name);
  if (reading === undefined) return { saw: 'unknown', detail: `${kind} has no data for ${name}` };
  return judge(reading, expect);
}

function judge(reading: Reading, expect: SourceCheck['expect']): Seen {
  const { detail } = reading;
  switch (reading.kind) {
    case 'unknown':
      if (reading.why === 'never_seen') return { saw: 'inapplicable', detail: `does not apply: ${detail}` };
      return { saw: 'unknown', detail };
    case 'probe':
      return { saw: reading.passed ? 'passed' : 'failed', detail };
    case 'value': {
      if (expect === 'passes')
        return { saw: 'unknown', detail: `${detail}, with nothing to compare it with` };
      if (Number.isNaN(reading.value)) return { saw: 'unknown', detail };
      if (holds(expect, reading.value)) return { saw: 'passed', detail };
      return { saw: 'failed', detail: `${detail}, not ${wordComparison(expect)}` };
    }
  }
}
