import { messageOf } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { formatDuration, SECOND } from '../domain/time.ts';
import type { GateEnd, GateState, QuiesceRequest } from '../domain/write-gate.ts';
import type { Lease, LeaseFile } from './lease-file.ts';

export interface GateParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly file: LeaseFile;
  /** The longest that writes are held off without being renewed. */
  readonly deadManMs: number;
  /** What writers are told unless a holder says otherwise. */
  readonly message: string;
}

/** What came of asking the gate for something. */
export type GateAnswer =
  | { readonly is: 'done'; readonly state: GateState }
  /** Somebody else holds it, or the hold of this id is over. */
  | { readonly is: 'refused'; readonly why: 'held by another' | 'over'; readonly state: GateState };

type Hold = NonNullable<Lease['hold']>;

/** Ended holds that are remembered, so that a late message cannot bring one back. */
const mostEnded = 100;

/**
 * Whether writes pass. A hold is a lease: not renewed in time, it ends by itself, and its id never holds again.
 *
 * Deciding on a write and counting it is one step, so once a hold is acknowledged no write is on its way unseen.
 */
export class Gate {
  readonly #parts: GateParts;
  #hold: Hold | null = null;
  #ended: GateEnd[] = [];
  #cancel: () => void = () => {};
  #writes = 0;
  #drained: (() => void)[] = [];
  #saved: Promise<void> = Promise.resolve();
  /** How often it opened by itself since it started. */
  lapses = 0;

  private constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Takes up what an earlier process held. */
  static async open(parts: GateParts): Promise<Gate> {
    const gate = new Gate(parts);
    const { hold, ended } = await parts.file.read();
    gate.#ended = [...ended];
    if (hold !== null) await gate.#takeUp(hold);
    return gate;
  }

  async #takeUp(hold: Hold): Promise<void> {
    const { clock, log, deadManMs } = this.#parts;
    // The clock of the machine may have been set back meanwhile: never longer than a whole lease.
    const until = Math.min(hold.until, clock.now() + Math.min(hold.forMs, deadManMs));
    this.#hold = { ...hold, until };
    if (until <= clock.now()) {
      this.#lapse();
      await this.#saved;
      return;
    }
    this.#arm();
    log.warn(
      { holder: hold.id, until },
      `writes are still held off by ${hold.id}, for ${formatDuration(until - clock.now())} unless renewed`,
    );
  }

  /** Why a write is refused now, and for how long at most; null while writes pass. */
  held(): { readonly message: string; readonly retryAfterS: number } | null {
    const hold = this.#present();
    if (hold === null) return null;
    const restS = Math.ceil((hold.until - this.#parts.clock.now()) / SECOND);
    return { message: hold.message, retryAfterS: Math.max(1, Math.min(60, restS)) };
  }

  /** Counts a write that goes to the service; to be called once with its end. */
  begin(): () => void {
    this.#writes += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#writes -= 1;
      if (this.#writes === 0) for (const wake of this.#drained.splice(0)) wake();
    };
  }

  state(): GateState {
    const hold = this.#present();
    return {
      quiesced: hold !== null,
      holder: hold?.id ?? null,
      until: hold?.until ?? null,
      message: hold?.message ?? null,
      writesUnderWay: this.#writes,
      last: this.#ended.at(-1) ?? null,
      deadManMs: this.#parts.deadManMs,
    };
  }

  /** Holds writes off, or goes on doing so. Resolves when it is durable and the writes under way ended, or `drainMs` went by. */
  async quiesce({ id, forMs, message, drainMs }: QuiesceRequest): Promise<GateAnswer> {
    const { clock, log, deadManMs } = this.#parts;
    const before = this.#present();
    if (before !== null && before.id !== id) return this.#refused('held by another');
    if (this.#ended.some((end) => end.id === id)) return this.#refused('over');
    const leaseMs = Math.min(forMs, deadManMs);
    const until = clock.now() + leaseMs;
    this.#hold = { id, message: message ?? before?.message ?? this.#parts.message, forMs: leaseMs, until };
    this.#arm();
    if (before === null)
      log.warn(
        { holder: id, until },
        `writes are held off by ${id}, for ${formatDuration(leaseMs)} unless renewed`,
      );
    try {
      await this.#save();
    } catch (error) {
      // What would not survive a restart is not promised.
      if (before === null && this.#hold?.id === id) this.#end('released');
      throw error;
    }
    await this.#drain(drainMs);
    return this.#present()?.id === id ? { is: 'done', state: this.state() } : this.#refused('over');
  }

  /** Lets writes pass again. Harmless when that id holds nothing, and then it never will. */
  async release(id: string): Promise<GateAnswer> {
    const hold = this.#present();
    if (hold !== null && hold.id !== id) return this.#refused('held by another');
    if (hold !== null) {
      this.#end('released');
      this.#parts.log.info({ holder: id }, `writes pass again: ${id} released them`);
    } else if (!this.#ended.some((end) => end.id === id))
      this.#remember({ id, at: this.#parts.clock.now(), how: 'released' });
    await this.#save();
    return { is: 'done', state: this.state() };
  }

  /** Ends its timer; what it holds stays in its file. */
  async close(): Promise<void> {
    this.#cancel();
    await this.#saved.catch(() => {});
  }

  #present(): Hold | null {
    if (this.#hold !== null && this.#hold.until <= this.#parts.clock.now()) this.#lapse();
    return this.#hold;
  }

  #refused(why: 'held by another' | 'over'): GateAnswer {
    return { is: 'refused', why, state: this.state() };
  }

  #arm(): void {
    this.#cancel();
    const { clock } = this.#parts;
    const restMs = (this.#hold?.until ?? clock.now()) - clock.now();
    this.#cancel = clock.after(Math.max(0, restMs), () => void this.#present());
  }

  #lapse(): void {
    const hold = this.#hold;
    if (hold === null) return;
    this.#end('opened by itself');
    this.lapses += 1;
    const { log } = this.#parts;
    log.error(
      { holder: hold.id, leaseMs: hold.forMs },
      `writes pass again: ${hold.id} did not renew its hold within ${formatDuration(hold.forMs)}, so the gate opened by itself`,
    );
    this.#save().catch((error: unknown) => log.error({}, messageOf(error)));
  }

  #end(how: GateEnd['how']): void {
    this.#cancel();
    if (this.#hold !== null) this.#remember({ id: this.#hold.id, at: this.#parts.clock.now(), how });
    this.#hold = null;
    for (const wake of this.#drained.splice(0)) wake();
  }

  #remember(end: GateEnd): void {
    this.#ended = [...this.#ended, end].slice(-mostEnded);
  }

  /** One after the other, each with what holds when its turn comes. */
  #save(): Promise<void> {
    const saved = this.#saved
      .catch(() => {})
      .then(() => this.#parts.file.write({ hold: this.#hold, ended: this.#ended }));
    this.#saved = saved;
    saved.catch(() => {});
    return saved;
  }

  async #drain(mostMs: number): Promise<void> {
    if (this.#writes === 0 || mostMs <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drained.push(resolve);
    const cancel = this.#parts.clock.after(mostMs, resolve);
    await promise;
    cancel();
    this.#drained = this.#drained.filter((wake) => wake !== resolve);
  }
}
