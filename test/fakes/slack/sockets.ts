import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';

/** An envelope of Socket Mode. */
export interface Envelope {
  readonly envelope_id: string;
  readonly type: 'interactive' | 'slash_commands';
  readonly payload: unknown;
  readonly accepts_response_payload: boolean;
}

export interface Sending {
  /** The same id again is a repeated envelope. */
  readonly id?: string;
  /** Which connection, oldest first, from 0; the newest unless stated. */
  readonly on?: number;
}

interface Waiting {
  readonly id: string;
  readonly socket: WebSocket;
  readonly resolve: (answer: 'acknowledged' | 'not acknowledged') => void;
}

/** The WebSocket side: connections that were opened, and envelopes that go to them. */
export class Sockets {
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #open: WebSocket[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #log: string[];
  readonly #app: string;
  readonly #opened: (() => void)[] = [];
  /** What came back for each envelope, in order. */
  readonly acknowledged: { readonly envelope: string; readonly payload: unknown }[] = [];
  /** Whether connections are greeted; without a greeting a client waits for ever. */
  greets = true;

  constructor(log: string[], app: string) {
    this.#log = log;
    this.#app = app;
  }

  /** A path that opens one connection, once. */
  ticket(): string {
    const ticket = randomUUID();
    this.#tickets.add(ticket);
    return `/link?ticket=${ticket}`;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'http://fake').searchParams.get('ticket') ?? '';
    if (!this.#tickets.delete(ticket)) {
      socket.destroy();
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#adopt(opened));
  }

  /** How many connections there are. */
  get count(): number {
    return this.#open.length;
  }

  /** Resolves once there are so many connections. */
  async connected(count = 1): Promise<void> {
    while (this.#open.length < count) {
      await new Promise<void>((resolve) => this.#opened.push(resolve));
    }
  }

  /** Resolves once all connections there are now have ended. */
  async gone(): Promise<void> {
    await Promise.all(
      this.#open.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))),
    );
  }

  /** Sends an envelope. Resolves once it was acknowledged, or its connection ended before that. */
  send(type: Envelope['type'], payload: unknown, { id = randomUUID(), on }: Sending = {}) {
    const socket = on === undefined ? this.#open.at(-1) : this.#open[on];
    if (socket === undefined) return Promise.resolve('not delivered' as const);
    const { promise, resolve } = Promise.withResolvers<'acknowledged' | 'not acknowledged'>();
    this.#waiting.push({ id, socket, resolve });
    this.#log.push(`envelope ${type}`);
    const envelope: Envelope = { envelope_id: id, type, payload, accepts_response_payload: true };
    socket.send(JSON.stringify(envelope));
    return promise;
  }

  /** Sends any text as a frame. */
  sendRaw(frame: string): void {
    this.#open.at(-1)?.send(frame);
  }

  /** Slack asks to connect anew: `warning` some seconds before, `refresh_requested` at once. */
  askToReconnect(reason: 'warning' | 'refresh_requested' | 'link_disabled'): void {
    for (const socket of this.#open)
      socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'fake' } }));
  }

  /** Ends all connections without a word. */
  drop(): void {
    for (const socket of this.#open) socket.terminate();
  }

  close(): void {
    this.drop();
    this.#server.close();
  }

  #adopt(socket: WebSocket): void {
    this.#open.push(socket);
    this.#log.push('connected');
    socket.on('message', (data: Buffer) => this.#acknowledge(socket, data.toString()));
    socket.on('close', () => {
      const at = this.#open.indexOf(socket);
      if (at !== -1) this.#open.splice(at, 1);
      this.#settle((waiting) => waiting.socket === socket, 'not acknowledged');
      this.#log.push('disconnected');
    });
    if (this.greets)
      socket.send(
        JSON.stringify({
          type: 'hello',
          num_connections: this.#open.length,
          debug_info: { host: 'fake', approximate_connection_time: 18_060 },
          connection_info: { app_id: this.#app },
        }),
      );
    for (const call of this.#opened.splice(0)) call();
  }

  #acknowledge(socket: WebSocket, text: string): void {
    const { envelope_id: envelope, payload } = JSON.parse(text) as {
      readonly envelope_id: string;
      readonly payload?: unknown;
    };
    this.acknowledged.push({ envelope, payload });
    this.#settle((waiting) => waiting.socket === socket && waiting.id === envelope, 'acknowledged');
  }

  #settle(which: (waiting: Waiting) => boolean, answer: 'acknowledged' | 'not acknowledged'): void {
    const settled = this.#waiting.filter(which);
    for (const waiting of settled) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.resolve(answer);
    }
  }
}
