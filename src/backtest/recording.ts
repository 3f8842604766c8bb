import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { messageOf, RollbackError } from '../domain/errors.ts';
import { keyOf, type Answered, type Question, type Unanswered } from './answered.ts';
import type { History, Stretch } from './history.ts';
import { packAnswer, unpackAnswer } from './packed.ts';
import { gridIn, type Span, type Window } from './span.ts';

/** What stands at the beginning of a recording, as one line of JSON. */
export interface RecordingHead extends Span {
  readonly format: 'rollbackd history';
  readonly version: 1;
}

/** Before each answer: whose it is. `bytes` of it follow. A last one without a question says that nothing is missing. */
type Mark =
  | {
      readonly question: Question;
      readonly window: Window;
      readonly bytes: number;
      readonly problem: string | null;
    }
  | { readonly end: true };

const mostMarkBytes = 2 ** 20;
const mostAnswerBytes = 512 * 2 ** 20;

/** Passes a history on, and writes it to a file, which is there once it is complete. */
export async function* recorded(
  history: History,
  { path, span, questions }: { path: string; span: Span; questions: readonly Question[] },
): History {
  const draft = `${path}.draft`;
  const gzip = createGzip({ level: 4 });
  const file = createWriteStream(draft, { mode: 0o600 });
  gzip.pipe(file);
  const written = finished(file);
  written.catch(() => {});
  const write = async (bytes: Buffer): Promise<void> => {
    if (!gzip.write(bytes)) await Promise.race([once(gzip, 'drain'), written]);
  };
  try {
    const head: RecordingHead = { format: 'rollbackd history', version: 1, ...span };
    await write(framed(head));
    for await (const stretch of history) {
      for (const question of questions) {
        const answer = stretch.answers.get(keyOf(question));
        if (answer !== undefined)
          for (const part of frameOf(question, stretch.window, answer)) await write(part);
      }
      yield stretch;
    }
    gzip.end(framed({ end: true } satisfies Mark));
    await written;
    await rename(draft, path);
  } catch (cause) {
    if (cause instanceof RollbackError) throw cause;
    throw new RollbackError('UNEXPECTED', `writing ${path}: ${messageOf(cause)}`, { path }, { cause });
  } finally {
    file.destroy();
    await rm(draft, { force: true });
  }
}

/** The head of a recording: what it covers, and how finely. */
export async function recordingHead(path: string): Promise<RecordingHead> {
  const bytes = new Bytes(path);
  try {
    return await headIn(bytes);
  } finally {
    bytes.close();
  }
}

/**
 * A recording, window by window.
 *
 * @throws RollbackError `ANSWER_INVALID` when it is none, is damaged, or ends too early
 */
export async function* recording(path: string): History {
  const bytes = new Bytes(path);
  try {
    await headIn(bytes);
    let stretch: (Stretch & { readonly answers: Map<string, Answered | Unanswered> }) | null = null;
    for (;;) {
      const mark = await bytes.json<Mark>();
      if ('end' in mark) break;
      const content = await bytes.take(Math.min(mark.bytes, mostAnswerBytes));
      const answer = mark.problem === null ? unpackAnswer(content) : { problem: mark.problem };
      if (stretch !== null && stretch.window.fromMs !== mark.window.fromMs) {
        yield stretch;
        stretch = null;
      }
      stretch ??= { window: mark.window, answers: new Map() };
      stretch.answers.set(keyOf(mark.question), answer);
    }
    if (stretch !== null) yield stretch;
  } finally {
    bytes.close();
  }
}

function frameOf(question: Question, window: Window, answer: Answered | Unanswered): readonly Buffer[] {
  const problem = 'problem' in answer ? answer.problem : null;
  const content =
    'problem' in answer ? Buffer.alloc(0) : packAnswer(answer, gridIn(window, question.stepMs).count);
  return [framed({ question, window, bytes: content.length, problem } satisfies Mark), content];
}

function framed(what: object): Buffer {
  const text = Buffer.from(JSON.stringify(what));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  return Buffer.concat([size, text]);
}

async function headIn(bytes: Bytes): Promise<RecordingHead> {
  const head = await bytes.json<Partial<RecordingHead> & { version?: number }>();
  if (head.format !== 'rollbackd history') throw bytes.broken('it is not a recorded history');
  if (head.version !== 1) throw bytes.broken(`it has version ${head.version}, and this program reads 1`);
  return head as RecordingHead;
}

/** The unpacked bytes of a file, as many at a time as asked for. */
class Bytes {
  readonly #path: string;
  readonly #file: Readable;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer[] = [];
  #length = 0;

  constructor(path: string) {
    this.#path = path;
    const file = createReadStream(path);
    const gunzip = createGunzip();
    file.on('error', (error) => gunzip.destroy(error));
    this.#file = file.pipe(gunzip);
    this.#chunks = this.#file[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async json<Value>(): Promise<Value> {
    const size = (await this.take(4)).readUInt32LE(0);
    if (size > mostMarkBytes) throw this.broken('it is not a recorded history');
    const text = (await this.take(size)).toString('utf8');
    try {
      return JSON.parse(text) as Value;
    } catch {
      throw this.broken('it is not a recorded history');
    }
  }

  async take(length: number): Promise<Buffer> {
    while (this.#length < length) {
      const chunk = await this.#next();
      this.#rest.push(chunk);
      this.#length += chunk.length;
    }
    const whole = this.#rest.length === 1 ? this.#rest[0] : Buffer.concat(this.#rest);
    const bytes = whole ?? Buffer.alloc(0);
    this.#rest = [bytes.subarray(length)];
    this.#length = bytes.length - length;
    return bytes.subarray(0, length);
  }

  broken(why: string): RollbackError {
    return new RollbackError('ANSWER_INVALID', `reading the history in ${this.#path}: ${why}`, {
      path: this.#path,
    });
  }

  close(): void {
    this.#file.destroy();
  }

  async #next(): Promise<Buffer> {
    let next: IteratorResult<Buffer>;
    try {
      next = await this.#chunks.next();
    } catch (cause) {
      throw this.broken(messageOf(cause));
    }
    if (next.done === true) throw this.broken('it ends too early; record it again');
    return next.value;
  }
}
