import { spawn, type ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import { Writable, type Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { formatDuration, SECOND } from '../../domain/time.ts';
import { giveBack, lend } from '../lent-memory.ts';
import { endGroup } from './group.ts';
import { Kept } from './kept.ts';

/** How much of what a program says is kept. */
const mostSaid = 16 * 1024;

export interface PipedRequest {
  /** Absolute path of the program, and its arguments. Never a shell, never a secret. */
  readonly run: readonly string[];
  /** A program that becomes it, with its arguments, e.g. `stdbuf`; messages do not tell of it. */
  readonly through?: readonly string[];
  /** Everything that it inherits. */
  readonly env: Readonly<Record<string, string>>;
  /** What it reads; nothing where it is missing. Memory that was lent is given back. */
  readonly input?: Readable;
  /**
   * What its output flows through, the last of them the sink, which is not ended; kept as text where it is missing. The
   * memory of its pieces is lent: whoever hands one on must not look at it again.
   */
  readonly output?: readonly [...NodeJS.ReadWriteStream[], Writable];
  readonly deadlineMs: number;
  /** From TERM to KILL, in ms; 5 s unless stated. */
  readonly graceMs?: number;
}

export interface PipedResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The output where it was not piped, up to 16 MiB. */
  readonly output: string;
  /** The last of what it wrote to its standard error. */
  readonly said: string;
}

/**
 * Runs a program with streams for input and output, in bounded memory, in a process group of its own.
 *
 * A program that ends badly is a result; so is one that stops reading before its input is over.
 *
 * @throws RollbackError `NOT_FOUND`, `REFUSED` when it was not started; `TIMED_OUT`, `ABORTED` when its group was ended;
 * what the input or the sink failed with otherwise
 */
export async function runPiped(
  request: PipedRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<PipedResult> {
  const [path = ''] = request.run;
  const [first = '', ...args] = [...(request.through ?? []), ...request.run];
  if (signal.aborted) throw new RollbackError('ABORTED', `${basename(path)} was not started: stopping`);
  const child = spawn(first, args, { env: request.env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = endingOf(child, path);
  const cutting = cutter(child, request, clock, signal);
  try {
    const said = lastOf(child, mostSaid);
    const flows = [fed(child, request.input), drained(child, request.output)] as const;
    // Whichever breaks first ends the program: it must neither wait for input nor for room for ever.
    const broken = Promise.all(flows).catch((error: unknown) => cutting.end(error));
    const ending = await ended;
    await cutting.gone();
    await broken;
    const [, output] = await Promise.allSettled(flows);
    throwIfCut(path, request, cutting.why());
    return { ...ending, output: output.status === 'fulfilled' ? output.value : '', said: said() };
  } finally {
    cutting.stop();
  }
}

function endingOf(child: ChildProcess, path: string): Promise<Pick<PipedResult, 'exitCode' | 'signal'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Pick<PipedResult, 'exitCode' | 'signal'>>();
  child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  child.once('error', (cause) => {
    const code = 'code' in cause && cause.code === 'ENOENT' ? 'NOT_FOUND' : 'REFUSED';
    reject(new RollbackError(code, `${path} could not be started: ${messageOf(cause)}`, { path }, { cause }));
  });
  return promise;
}

async function fed({ stdin }: ChildProcess, input: Readable | undefined): Promise<void> {
  if (stdin === null) return;
  if (input === undefined) {
    stdin.on('error', () => {});
    stdin.end();
    return;
  }
  try {
    await pipeline(input, into(stdin));
  } catch (error) {
    // It ended before its input did: its exit code says why.
    if (isBrokenPipe(error)) return;
    throw error;
  }
}

/** Writes to a program; memory is given back once the program has it. It breaks off where the program ends before it. */
function into(stdin: Writable): Writable {
  const sink = new Writable({
    write(piece: Buffer, _encoding, done) {
      // Its end is told of below.
      if (stdin.destroyed) return;
      stdin.write(piece, (error) => {
        if (error === null || error === undefined) giveBack(piece);
        done(error);
      });
    },
    final(done) {
      stdin.end(() => done());
    },
    destroy(error, done) {
      stdin.destroy();
      done(error);
    },
  });
  stdin.on('error', (error) => sink.destroy(error));
  stdin.once('close', () => sink.destroy());
  return sink;
}

async function drained({ stdout }: ChildProcess, output: PipedRequest['output']): Promise<string> {
  if (stdout === null) return '';
  if (output === undefined) return textOf(stdout);
  stdout.on('data', lend);
  await pipeline([stdout, ...output], { end: false });
  return '';
}

/** What a stream holds, up to 16 MiB. */
export async function textOf(stream: Readable): Promise<string> {
  const kept = new Kept();
  await pipeline(stream, kept);
  return kept.bytes().toString('utf8');
}

function lastOf({ stderr }: ChildProcess, most: number): () => string {
  let kept = Buffer.alloc(0);
  stderr?.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-most);
  });
  return () => kept.toString('utf8');
}

type Why = { readonly by: 'deadline' | 'abort' } | { readonly by: 'flow'; readonly error: unknown };

interface Cutter {
  /** Ends the group because a flow broke. */
  end(error: unknown): void;
  why(): Why | null;
  gone(): Promise<void>;
  stop(): void;
}

function cutter(child: ChildProcess, request: PipedRequest, clock: Clock, signal: AbortSignal): Cutter {
  let why: Why | null = null;
  let gone: Promise<void> = Promise.resolve();
  const cut = (because: Why): void => {
    if (why !== null) return;
    why = because;
    if (child.pid === undefined) return;
    // Its pipes would keep it, and us, waiting.
    child.stdin?.destroy();
    child.stdout?.destroy();
    gone = endGroup(child.pid, request.graceMs ?? 5 * SECOND, clock);
  };
  const abort = (): void => cut({ by: 'abort' });
  signal.addEventListener('abort', abort, { once: true });
  const cancel = clock.after(request.deadlineMs, () => cut({ by: 'deadline' }));
  return {
    end: (error) => cut({ by: 'flow', error }),
    why: () => why,
    gone: () => gone,
    stop: () => {
      cancel();
      signal.removeEventListener('abort', abort);
    },
  };
}

function throwIfCut(path: string, { deadlineMs }: PipedRequest, why: Why | null): void {
  if (why === null) return;
  if (why.by === 'flow') throw why.error;
  const program = basename(path);
  if (why.by === 'abort')
    throw new RollbackError('ABORTED', `${program} was ended because it was interrupted`, { program });
  throw new RollbackError(
    'TIMED_OUT',
    `${program} did not end within ${formatDuration(deadlineMs)} and was killed`,
    { program, deadlineMs },
  );
}

/** Whether whoever was written to has gone. */
export function isBrokenPipe(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'EPIPE' || error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')
  );
}

/** Ends a sink and waits until everything has arrived there. */
export async function close(sink: Writable): Promise<void> {
  sink.end();
  await finished(sink, { readable: false });
}
