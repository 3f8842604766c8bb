import type { DaemonApi } from '../../clients/api/api-client.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Command } from '../../domain/command.ts';
import type { StatusView } from '../../domain/ports/daemon.ts';
import { SECOND } from '../../domain/time.ts';
import type { Paint } from '../paint.ts';
import { printable } from '../printable.ts';
import { redrawn } from './draw.ts';
import { frame } from './frame.ts';
import { keysIn } from './keys.ts';
import { begin, type WatchEvent, type WatchState } from './state.ts';
import type { Terminal } from './terminal.ts';
import { update } from './update.ts';

const everyMs = SECOND;
/** An answer that takes longer is a lost connection for who looks. */
const patienceMs = 5 * SECOND;
const longestPauseMs = 10 * SECOND;

export interface LiveOptions {
  readonly api: DaemonApi;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly paint: Paint;
  /** Aborts when somebody quits; whoever else aborts it ends it as well. */
  readonly quit: AbortController;
}

/** Keeps the screen true until somebody quits. The terminal is given back on every way out. */
export async function watchLive(options: LiveOptions): Promise<void> {
  const { api, quit } = options;
  const first = printable(await api.status());
  const until = quit.signal;
  const live = new Live(options, first);
  try {
    live.take();
    await Promise.all([live.poll(until), live.follow(until), live.tick(until)]);
    live.rethrow();
  } finally {
    quit.abort();
    live.leave();
  }
}

class Live {
  readonly #options: LiveOptions;
  #state: WatchState;
  #shown: readonly string[] | null = null;
  #leave: (() => void) | null = null;
  #fault: Error | null = null;
  /** Cuts the wait for the next look short. */
  #look: (() => void) | null = null;

  constructor(options: LiveOptions, status: StatusView) {
    this.#options = options;
    this.#state = begin(status, options.clock.now());
  }

  take(): void {
    this.#leave = this.#options.terminal.take({
      keys: (sent) =>
        this.#guarded(() => {
          for (const key of keysIn(sent)) this.#happened({ type: 'key', key, at: this.#now() });
        }),
      redraw: () =>
        this.#guarded(() => {
          this.#shown = null;
          this.#draw();
        }),
      gone: () => this.#options.quit.abort(),
    });
    this.#happened({ type: 'status', status: this.#state.picture.status, at: this.#now() });
  }

  /** @throws what went wrong in a callback of the terminal, which has nobody to throw to */
  rethrow(): void {
    if (this.#fault !== null) throw this.#fault;
  }

  leave(): void {
    this.#leave?.();
    this.#leave = null;
  }

  /** Asks for the status and the selected incident, again and again. */
  async poll(until: AbortSignal): Promise<void> {
    let failures = 0;
    while (!until.aborted) {
      failures = (await this.#lookOnce(failures)) ? 0 : failures + 1;
      const pauseMs = failures === 0 ? everyMs : pauseAfter(failures);
      await this.#pause(pauseMs, until);
    }
  }

  /** What is journaled, as it is journaled. Where it cannot be followed, the looks bring what concerns the incident. */
  async follow(until: AbortSignal): Promise<void> {
    const { api, clock } = this.#options;
    while (!until.aborted) {
      try {
        for await (const entry of api.follow({}, until))
          this.#happened({ type: 'entry', entry: printable(entry) });
      } catch (error) {
        // The looks say that the connection is lost; what cannot get better is not tried again.
        if (!(error instanceof RollbackError) || !passes(error)) return;
      }
      await sleep(clock, 2 * SECOND, until);
    }
  }

  /** Clocks run on between looks. */
  async tick(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      this.#draw();
      await sleep(this.#options.clock, everyMs / 4, until);
    }
  }

  async #lookOnce(failures: number): Promise<boolean> {
    const { api } = this.#options;
    try {
      const status = await this.#inTime(api.status());
      this.#happened({ type: 'status', status: printable(status), at: this.#now() });
      const { selected } = this.#state;
      if (selected === null) return true;
      const incident = await this.#inTime(api.incident(selected));
      this.#happened({ type: 'incident', id: selected, incident: printable(incident), at: this.#now() });
      return true;
    } catch (error) {
      if (this.#options.quit.signal.aborted) return true;
      const at = this.#now();
      const retryAt = at + pauseAfter(failures + 1);
      this.#happened({ type: 'lost', reason: printable(messageOf(error)), at, retryAt });
      return false;
    }
  }

  #happened(event: WatchEvent): void {
    const { state, wishes } = update(this.#state, event);
    this.#state = state;
    for (const wish of wishes) {
      if (wish.do === 'quit') this.#options.quit.abort();
      else if (wish.do === 'look') this.#look?.();
      else void this.#send(wish.command);
    }
    this.#draw();
  }

  async #send(command: Command): Promise<void> {
    const event = await this.#options.api.execute(command).then(
      (answer) => ({ type: 'answered' as const, answer: printable(answer), at: this.#now() }),
      (error: unknown) => ({
        type: 'unanswered' as const,
        reason: printable(messageOf(error)),
        at: this.#now(),
      }),
    );
    this.#guarded(() => this.#happened(event));
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fault ??= error instanceof Error ? error : new Error(String(error));
      this.#options.quit.abort();
    }
  }

  #draw(): void {
    if (this.#leave === null || this.#options.quit.signal.aborted) return;
    const { terminal, paint } = this.#options;
    const lines = frame(this.#state, terminal.size(), this.#now(), paint);
    const text = redrawn(this.#shown, lines);
    this.#shown = lines;
    if (text !== '') terminal.write(text);
  }

  async #pause(ms: number, until: AbortSignal): Promise<void> {
    const awake = new AbortController();
    this.#look = () => awake.abort();
    await sleep(this.#options.clock, ms, AbortSignal.any([until, awake.signal]));
    this.#look = null;
  }

  async #inTime<T>(answer: Promise<T>): Promise<T> {
    const { clock, quit } = this.#options;
    const answered = new AbortController();
    const waited = AbortSignal.any([answered.signal, quit.signal]);
    const late = sleep(clock, patienceMs, waited).then(() => {
      throw new RollbackError('TIMED_OUT', `the daemon did not answer within ${patienceMs / SECOND}s`);
    });
    // Whoever is later is nobody's any more.
    late.catch(() => {});
    answer.catch(() => {});
    try {
      return await Promise.race([answer, late]);
    } finally {
      answered.abort();
    }
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

function pauseAfter(failures: number): number {
  return Math.min(longestPauseMs, everyMs * 2 ** (failures - 1));
}

function passes({ code }: RollbackError): boolean {
  return code === 'DAEMON_UNREACHABLE' || code === 'TIMED_OUT';
}
