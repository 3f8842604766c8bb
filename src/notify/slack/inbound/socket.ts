import type { SocketModeClient } from '@slack/socket-mode';
import { messageOf } from '../../../domain/errors.ts';
import { sleep, type Clock } from '../../../domain/ports/clock.ts';
import type { Log } from '../../../domain/ports/log.ts';
import { SECOND } from '../../../domain/time.ts';
import { backoffMs } from '../../backoff.ts';
import type { Inbound } from './inbound.ts';
import { readClick, readCommand, type Interaction, type NotTaken } from './interaction.ts';
import { quietLogger } from './quiet-logger.ts';

export interface SocketOptions {
  readonly inbound: Pick<Inbound, 'receive'>;
  readonly appToken: string;
  readonly apiUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1, anew at each call. */
  readonly chance: () => number;
  /** There are so many now. */
  readonly onConnections: (count: number) => void;
  /** Connections held at once; Slack sends each envelope over any one of them. */
  readonly connections?: number;
}

/** How the connections stand. */
export interface Connected {
  /** How many there are now. */
  readonly count: number;
  /** Since when there has been one without a gap, epoch ms; null while there is none. */
  readonly since: number | null;
  /** Why the last attempt failed; null when it did not. */
  readonly problem: string | null;
}

const connectMs = 15 * SECOND;
const closeMs = 2 * SECOND;
/** One that held this long was a good one: its end is no reason to wait long. */
const goodMs = 30 * SECOND;

/**
 * Socket Mode: connections that Slack sends clicks and commands over. Slack replaces each every few hours, so two are
 * held, and one is there while the other is made anew. An envelope is acknowledged once it is durable.
 */
export class SlackSocket {
  readonly #options: SocketOptions;
  #count = 0;
  #since: number | null = null;
  #problem: string | null = null;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  connected(): Connected {
    return { count: this.#count, since: this.#since, problem: this.#problem };
  }

  /** Holds the connections until the signal aborts. Never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    const { connections = 2 } = this.#options;
    await Promise.all(Array.from({ length: connections }, (_, index) => this.#hold(index, signal)));
  }

  async #hold(index: number, signal: AbortSignal): Promise<void> {
    const { clock, chance, log } = this.#options;
    // Those made at once would be replaced at once.
    if (index > 0) await sleep(clock, SECOND * (1 + 9 * chance()), signal);
    for (let failures = 0; !signal.aborted;) {
      const began = clock.now();
      try {
        await this.#once(signal);
        failures = clock.now() - began >= goodMs ? 0 : failures + 1;
      } catch (error) {
        failures += 1;
        this.#problem = messageOf(error).slice(0, 200);
        log.warn(
          { error: this.#problem },
          'Slack could not be connected to; clicks do not arrive over this connection',
        );
      }
      await sleep(clock, failures === 0 ? 0 : backoffMs(failures - 1, chance()), signal);
    }
  }

  /** One connection, from its opening to its end. Rejects when it could not be opened. */
  async #once(signal: AbortSignal): Promise<void> {
    const client = await this.#client();
    const ended = Promise.withResolvers<void>();
    client.on('disconnected', () => ended.resolve());
    signal.addEventListener('abort', () => ended.resolve(), { once: true });
    try {
      await this.#open(client, ended.promise);
      if (signal.aborted) return;
      this.#changed(1);
      this.#problem = null;
      this.#options.log.info({ connections: this.#count }, 'connected to Slack');
      await ended.promise;
      this.#changed(-1);
    } finally {
      await this.#close(client);
    }
  }

  #changed(by: 1 | -1): void {
    this.#count += by;
    this.#since = this.#count === 0 ? null : (this.#since ?? this.#options.clock.now());
    this.#options.onConnections(this.#count);
  }

  async #open(client: SocketModeClient, ended: Promise<void>): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const cancel = this.#options.clock.after(connectMs, () =>
      reject(new Error(`Slack did not greet within ${connectMs / SECOND} s`)),
    );
    const started = client.start();
    try {
      await Promise.race([started, ended, late]);
    } catch (error) {
      throw error instanceof Error
        ? error
        : new Error('the connection ended before Slack greeted', { cause: error });
    } finally {
      cancel();
      late.catch(() => {});
    }
  }

  /** A half-open connection may never end by itself. */
  async #close(client: SocketModeClient): Promise<void> {
    const over = new AbortController();
    try {
      await Promise.race([client.disconnect(), sleep(this.#options.clock, closeMs, over.signal)]);
    } finally {
      over.abort();
      client.removeAllListeners('interactive');
      client.removeAllListeners('slash_commands');
    }
  }

  async #client(): Promise<SocketModeClient> {
    const { appToken, apiUrl, log } = this.#options;
    const { SocketModeClient } = await import('@slack/socket-mode');
    const client = new SocketModeClient({
      appToken,
      // Reconnecting is done here: the client has neither jitter nor an end to its attempts.
      autoReconnectEnabled: false,
      logger: quietLogger(log),
      clientOptions: {
        slackApiUrl: apiUrl,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        allowAbsoluteUrls: false,
        timeout: connectMs,
      },
    });
    guardFrames(client, log);
    client.on('interactive', (envelope: Envelope) => void this.#take(envelope, readClick));
    client.on('slash_commands', (envelope: Envelope) => void this.#take(envelope, readCommand));
    return client;
  }

  async #take(
    { envelope_id: id, body, ack }: Envelope,
    read: (payload: unknown) => Interaction | NotTaken,
  ): Promise<void> {
    const { inbound, log } = this.#options;
    if (typeof id !== 'string' || id === '' || id.length > 200) return;
    try {
      await inbound.receive(`envelope/${id}`, read(body));
      await ack();
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'something from Slack was not stored or not acknowledged');
    }
  }
}

interface Envelope {
  readonly envelope_id?: unknown;
  readonly body?: unknown;
  readonly ack: () => Promise<void>;
}

type FrameHandler = (data: unknown, isBinary: boolean) => Promise<void> | void;

/** The client expects an object in each frame and rejects into nowhere otherwise, which would end the process. */
function guardFrames(client: SocketModeClient, log: Log): void {
  const handlers = client.listeners('ws_message') as readonly FrameHandler[];
  client.removeAllListeners('ws_message');
  client.on('ws_message', (data: unknown, isBinary: boolean) => {
    for (const handle of handlers)
      Promise.try(handle, data, isBinary).catch((error: unknown) =>
        log.warn({ error: messageOf(error) }, 'Slack sent a frame that is no envelope; it is passed over'),
      );
  });
}
