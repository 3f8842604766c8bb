import { spawn, type ChildProcess } from 'node:child_process';
import { basename, join } from 'node:path';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { formatDuration, SECOND } from '../../domain/time.ts';
import type { Variables } from '../../domain/variables.ts';
import { endGroup } from './group.ts';
import { OutputFile } from './output.ts';
import { statusNow } from './proc.ts';
import { findProgram } from './programs.ts';
import { childRecords, type ChildRecords } from './records.ts';

/** How much of what a program printed goes into a message. */
const mostTailCharacters = 300;

/** The variables that children inherit from the daemon. Everything else they get by name. */
const inherited = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];
const cutEveryMs = 250;

export interface ProcessesOptions {
  readonly clock: Clock;
  /** Output goes to `output/`, records of children to `children/` beneath it. */
  readonly stateDir: string;
  readonly allowedPrograms: readonly string[];
  /** The daemon's own environment; only a few variables of it are passed on. */
  readonly environment: Variables;
  /** From TERM to KILL, in ms; 5 s unless stated. */
  readonly graceMs?: number;
}

export interface ProcessRequest {
  /** Program and arguments. Never a shell. */
  readonly run: readonly string[];
  /** The effect it runs for, passed on as `ROLLBACKD_OP_ID`; null for a mere question. */
  readonly opId: string | null;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly deadlineMs: number;
}

export interface ProcessResult {
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Standard output and error together; of long output the beginning and the end. */
  readonly output: string;
  readonly outputFile: string;
}

/** Runs argument vectors of allowed programs, each in its own process group. */
export interface Processes {
  /** Resolves the program; rejects with `REFUSED` or `NOT_FOUND` when it may not or cannot be run. */
  find(program: string): Promise<string>;
  /**
   * Resolves when the child has ended by itself, whatever its exit code.
   *
   * Rejects with `REFUSED` or `NOT_FOUND` when it was not started, and with `TIMED_OUT` or `ABORTED` when its group
   * was ended at the deadline or by the signal: then nobody knows how far it got.
   */
  run(request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult>;
}

/** Builds the runner. It holds no state but its options. */
export function processes(options: ProcessesOptions): Processes {
  const records = childRecords(join(options.stateDir, 'children'));
  const find = (program: string): Promise<string> => findProgram(program, options.allowedPrograms);
  return {
    find,
    async run(request, signal) {
      const path = await find(request.run[0] ?? '');
      if (signal.aborted) throw new RollbackError('ABORTED', `${basename(path)} was not started: stopping`);
      return runChild(path, request, signal, options, records);
    },
  };
}

let started = 0;

async function runChild(
  path: string,
  request: ProcessRequest,
  signal: AbortSignal,
  options: ProcessesOptions,
  records: ChildRecords,
): Promise<ProcessResult> {
  started += 1;
  const name = request.opId?.replaceAll(/[^\w.-]/g, '_') ?? `question-${process.pid}-${started}`;
  const output = new OutputFile(join(options.stateDir, 'output'), name);
  try {
    const child = start(path, request, output, options, records);
    const ending = await ended(child, path, request, signal, options, output);
    const text = output.finish();
    if (request.opId !== null) recordEnd(records, request.opId);
    if (ending.cut !== null) throw cutShort(path, ending.cut, request.deadlineMs, text);
    return { exitCode: ending.exitCode, signal: ending.signal, output: text, outputFile: output.path };
  } finally {
    output.close();
  }
}

function start(
  path: string,
  request: ProcessRequest,
  output: OutputFile,
  options: ProcessesOptions,
  records: ChildRecords,
): ChildProcess {
  const { opId } = request;
  if (opId !== null) records.write({ opId, pid: null, startTicks: null, ended: false });
  const child = spawn(path, request.run.slice(1), {
    cwd: request.cwd,
    env: environmentOf(request, options.environment),
    // A group of its own: it can be ended whole, and a signal to the daemon's group does not reach it.
    detached: true,
    stdio: ['ignore', output.descriptor, output.descriptor],
  });
  if (opId !== null && child.pid !== undefined) {
    const startTicks = statusNow(child.pid)?.startTicks ?? null;
    records.write({ opId, pid: child.pid, startTicks, ended: false });
  }
  return child;
}

function recordEnd(records: ChildRecords, opId: string): void {
  records.write({ opId, pid: null, startTicks: null, ended: true });
}

function environmentOf(
  request: ProcessRequest,
  own: ProcessesOptions['environment'],
): Record<string, string | undefined> {
  const passed = Object.fromEntries(
    inherited.filter((name) => own[name] !== undefined).map((name) => [name, own[name]]),
  );
  const marked = request.opId === null ? {} : { ROLLBACKD_OP_ID: request.opId };
  return { ...passed, ...request.env, ...marked };
}

interface Ending {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly cut: 'deadline' | 'abort' | null;
}

async function ended(
  child: ChildProcess,
  path: string,
  request: ProcessRequest,
  signal: AbortSignal,
  options: ProcessesOptions,
  output: OutputFile,
): Promise<Ending> {
  const { clock, graceMs = 5 * SECOND } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Omit<Ending, 'cut'>>();
  let cut: Ending['cut'] = null;
  let gone: Promise<void> = Promise.resolve();
  const end = (why: 'deadline' | 'abort'): void => {
    if (cut !== null || child.pid === undefined) return;
    cut = why;
    gone = endGroup(child.pid, graceMs, clock);
  };
  const abort = (): void => end('abort');
  child.once('exit', (exitCode, signalName) => resolve({ exitCode, signal: signalName }));
  child.once('error', (cause) => reject(notStarted(path, cause)));
  signal.addEventListener('abort', abort, { once: true });
  const cancelDeadline = clock.after(request.deadlineMs, () => end('deadline'));
  const cancelCutting = repeat(clock, cutEveryMs, () => output.cut());
  try {
    const ending = await promise;
    await gone;
    return { ...ending, cut };
  } finally {
    cancelDeadline();
    cancelCutting();
    signal.removeEventListener('abort', abort);
  }
}

function repeat(clock: Clock, everyMs: number, call: () => void): () => void {
  let cancel = (): void => {};
  const next = (): void => {
    cancel = clock.after(everyMs, () => {
      call();
      next();
    });
  };
  next();
  return () => cancel();
}

function notStarted(path: string, cause: unknown): RollbackError {
  return new RollbackError(
    'REFUSED',
    `${path} could not be started: ${messageOf(cause)}`,
    { path },
    { cause },
  );
}

function cutShort(
  path: string,
  why: 'deadline' | 'abort',
  deadlineMs: number,
  output: string,
): RollbackError {
  const program = basename(path);
  const facts = { program, deadlineMs, output: tailOf(output) };
  if (why === 'abort')
    return new RollbackError(
      'ABORTED',
      `${program} was ended because rollbackd is stopping; how far it got is unknown`,
      facts,
    );
  return new RollbackError(
    'TIMED_OUT',
    `${program} did not end within ${formatDuration(deadlineMs)} and was killed; how far it got is unknown`,
    facts,
  );
}

/** The last lines of an output on one line, short enough for a message. The whole of it is in the output file. */
export function tailOf(output: string): string {
  const lines = output.split(/[\r\n]+/).map((line) => line.trim());
  const text = lines.filter((line) => line !== '').join(' | ');
  return text.length <= mostTailCharacters ? text : `…${text.slice(-mostTailCharacters)}`;
}
