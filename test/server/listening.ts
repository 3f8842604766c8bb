import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';

/** One block of an event stream, as it came. */
export interface Block {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string | null;
  readonly comment: boolean;
}

/** A client of the event stream at the level of HTTP. It reads as fast as things come, unless told to stop. */
export class Listening {
  readonly blocks: Block[] = [];
  readonly response: IncomingMessage;
  readonly #outgoing: ClientRequest;
  readonly ended: Promise<void>;
  #waiting: (() => void)[] = [];
  #rest = '';

  private constructor(outgoing: ClientRequest, response: IncomingMessage) {
    this.#outgoing = outgoing;
    this.response = response;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    response.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    response.on('error', () => {});
    response.on('close', () => {
      resolve();
      this.#wake();
    });
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<Listening> {
    const { promise, resolve, reject } = Promise.withResolvers<Listening>();
    const outgoing = request(url, { headers }, (response) => resolve(new Listening(outgoing, response)));
    outgoing.on('error', reject);
    outgoing.end();
    const opened = await promise;
    onTestFinished(() => opened.close());
    return opened;
  }

  /** Numbers of the entries that came. */
  seen(): number[] {
    return this.blocks.filter(({ data, id }) => data !== null && id !== null).map(({ id }) => Number(id));
  }

  /** The last number that it was told, with an entry or without. */
  position(): string | null {
    return this.blocks.findLast(({ id }) => id !== null)?.id ?? null;
  }

  /** Resolves when what came satisfies this, or the stream is over. */
  async until(done: (listening: Listening) => boolean): Promise<void> {
    while (!done(this) && !this.response.closed) await new Promise<void>((wake) => this.#waiting.push(wake));
  }

  close(): void {
    this.#outgoing.destroy();
  }

  #take(text: string): void {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    this.blocks.push(...blocks.map(blockOf));
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

function blockOf(text: string): Block {
  const field = (name: string): string | null =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? null;
  return { id: field('id'), event: field('event'), data: field('data'), comment: text.startsWith(':') };
}
