import { crashPoint } from '../domain/crash-point.ts';
import type { Channel, Message } from '../domain/ports/channel.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { OutboxRow, Store } from '../domain/ports/store.ts';
import { formatDuration } from '../domain/time.ts';
import { askedMs, backoffMs, failingOf, longestAskedMs } from './backoff.ts';
import { ChannelHealth, type HealthWatch } from './channel-health.ts';
import { choose, type Batch, type Standings } from './choose.ts';
import { Troubles } from './troubles.ts';

/** Hears of what people have to know about the delivery itself. Must not throw. */
export interface DeliveryWatch extends HealthWatch {
  /** A message was given up, because the other side does not take it while it takes others. */
  givenUp(channel: string, message: Message, reason: string): void;
}

export interface QueueOptions {
  readonly store: Pick<Store, 'due' | 'sent' | 'retryAt'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly watch: DeliveryWatch;
  /** From 0 to 1. */
  readonly chance: () => number;
}

/** Rows that one look at the outbox takes. */
const window = 200;
/** A look takes longer the more waits, and everything else waits for it: it takes a tenth of the time at most. */
const lookShare = 9;

/** The messages of one channel, one delivery at a time. */
export class ChannelQueue {
  readonly health: ChannelHealth;
  readonly #channel: Channel;
  readonly #options: QueueOptions;
  readonly #troubles = new Troubles();
  /** Sent, but perhaps not marked so. */
  readonly #delivered = new Set<string>();
  /** Failed tries by incident, since something last got through. */
  readonly #tries = new Map<string | null, number>();
  /** What came before it was put there by another daemon, or before a restart of this one. */
  readonly #startedAt: number;
  /** Nothing is sent before, epoch ms. */
  #restUntil = 0;
  /** The outbox is not looked at before, epoch ms. */
  #lookAt = 0;

  constructor(channel: Channel, options: QueueOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.health = new ChannelHealth(channel.name, options.watch);
  }

  /**
   * Sends what may be sent now.
   *
   * @returns how long to wait before there may be more, ms; null when nothing waits. Rejects when the store fails
   */
  async round(signal: AbortSignal, isWoken: () => boolean): Promise<number | null> {
    const { clock } = this.#options;
    const before = clock.now();
    this.health.check(before);
    const restUntil = Math.max(this.#restUntil, this.#lookAt);
    if (restUntil > before) return restUntil - before;
    let rows = await this.#look();
    const isAll = rows.length < window;
    while (!signal.aborted) {
      const now = clock.now();
      const { send, againAt } = choose(rows, this.#standings(), now);
      if (againAt !== null) return againAt - now;
      if (send === null) return isAll ? null : 0;
      const isThrough = await this.#deliver(send, signal);
      // What failed has another row now, and something more urgent may have come: look again.
      if (!isThrough || (isWoken() && clock.now() >= this.#lookAt)) return 0;
      const gone = new Set(send.map(({ seq }) => seq));
      rows = rows.filter(({ seq }) => !gone.has(seq));
    }
    return 0;
  }

  async #look(): Promise<readonly OutboxRow[]> {
    const { store, clock } = this.#options;
    const before = clock.now();
    const rows = await store.due(this.#channel.name, Number.MAX_SAFE_INTEGER, window);
    const now = clock.now();
    this.#lookAt = now + lookShare * (now - before);
    return rows;
  }

  #standings(): Standings {
    const { clock } = this.#options;
    const { successes } = this.health;
    const { joins = 1 } = this.#channel;
    return {
      isSetAside: ({ seq }) => this.#troubles.isSetAside(seq),
      readyAt: ({ seq, attempts, nextAt }) => {
        const isFree = attempts === 0 || this.#troubles.hasAnotherChance(seq, successes);
        // Nobody is asked to wait for longer: the clock was set back since.
        return isFree || nextAt > clock.now() + longestAskedMs ? 0 : nextAt;
      },
      triesOf: (incident) => this.#tries.get(incident) ?? 0,
      joins: ({ seq, key, attempts }) =>
        attempts === 0 || this.#troubles.wasRefused(seq) || this.#delivered.has(key) ? 1 : joins,
    };
  }

  /** @returns whether it is through */
  async #deliver(batch: Batch, signal: AbortSignal): Promise<boolean> {
    const [head] = batch;
    const failure = this.#delivered.has(head.key) ? null : await this.#attempt(batch, signal);
    if (failure !== null) {
      if (!signal.aborted) await this.#putOff(head, failure);
      return false;
    }
    for (const { seq, key } of batch) {
      await this.#options.store.sent(seq);
      this.#delivered.delete(key);
      this.#troubles.forget(seq);
    }
    return true;
  }

  async #attempt(batch: Batch, signal: AbortSignal): Promise<Error | null> {
    const [{ attempts, at }] = batch;
    // What lay there at the start may have been sent and not marked; what is of the future, too: clocks are set back.
    const inDoubt = attempts > 0 || at <= this.#startedAt || at > this.#options.clock.now();
    try {
      await this.#channel.send(batch, { attempts, inDoubt }, signal);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    // Remembered until they are marked: if marking fails, this process does not send them again.
    for (const { key } of batch) this.#delivered.add(key);
    this.#tries.clear();
    this.health.succeeded();
    crashPoint('message.sent');
    return null;
  }

  /** A message that failed waits, or is given up. A refusal is about the message; anything else keeps all waiting. */
  async #putOff(row: OutboxRow, failure: Error): Promise<void> {
    const { store, clock, chance } = this.#options;
    const { seq, attempts, incident } = row;
    const { successes, failures } = this.health;
    const how = failingOf(failure);
    if (this.#troubles.isHopeless(seq, how, successes)) {
      await this.#giveUp(row, failure);
      return;
    }
    const now = clock.now();
    this.#troubles.failed(seq, how, { successes, working: failures === 0 });
    this.#tries.set(incident, (this.#tries.get(incident) ?? 0) + 1);
    if (how !== 'refused') this.#restUntil = now + Math.max(askedMs(failure), backoffMs(failures, chance()));
    this.health.failed(now, failure);
    const waitMs = Math.max(askedMs(failure), backoffMs(attempts, chance()));
    this.#report(row, failure, waitMs);
    await store.retryAt(seq, now + waitMs);
  }

  async #giveUp(row: OutboxRow, failure: Error): Promise<void> {
    const { name } = this.#channel;
    const { seq, key, incident, attempts } = row;
    await this.#options.store.sent(seq);
    this.#troubles.forget(seq);
    this.#options.log.error(
      { channel: name, message: key, incident, attempts: attempts + 1, error: failure.message },
      `a message to ${name} was given up: others get through, this one does not`,
    );
    this.#options.watch.givenUp(name, row, failure.message);
  }

  #report({ key, incident, attempts }: OutboxRow, failure: Error, waitMs: number): void {
    const { name } = this.#channel;
    this.#options.log.warn(
      { channel: name, message: key, incident, attempts: attempts + 1, error: failure.message },
      `a message to ${name} was not sent; the next try is in ${formatDuration(waitMs)}`,
    );
  }
}
