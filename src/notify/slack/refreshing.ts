import { messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import { SECOND } from '../../domain/time.ts';

export interface RefreshingOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly edit: (incident: string, signal: AbortSignal) => Promise<void>;
}

/** Slack takes about one edit a second. */
const restMs = 1 * SECOND;
/** Afterwards the next message brings the card up to date. */
const mostTries = 4;

interface State {
  /** Asked for again while an edit was under way. */
  again: boolean;
  tries: number;
}

/** Edits cards when they are asked for, each at most once a second; asked for more often, the last edit shows all. */
export class Refreshing {
  readonly #options: RefreshingOptions;
  readonly #states = new Map<string, State>();
  readonly #end = new AbortController();
  #waiting: (() => void)[] = [];

  constructor(options: RefreshingOptions) {
    this.#options = options;
  }

  /** Ends when the signal aborts: nothing is edited any more. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = Promise.withResolvers<void>();
    const end = (): void => ended.resolve();
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    await ended.promise;
    this.#end.abort();
  }

  refresh(incident: string): void {
    if (this.#end.signal.aborted) return;
    const state = this.#states.get(incident);
    if (state !== undefined) {
      state.again = true;
      return;
    }
    this.#states.set(incident, { again: false, tries: 0 });
    void this.#edit(incident);
  }

  /** Resolves once no edit is under way or due. */
  async idle(): Promise<void> {
    if (this.#states.size === 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async #edit(incident: string): Promise<void> {
    const state = this.#states.get(incident);
    if (state === undefined) return;
    state.again = false;
    try {
      await this.#options.edit(incident, this.#end.signal);
      state.tries = 0;
    } catch (error) {
      if (this.#end.signal.aborted) return this.#leave(incident);
      state.tries += 1;
      state.again = state.tries < mostTries;
      if (!state.again)
        this.#options.log.warn(
          { incident, error: messageOf(error) },
          `the card of ${incident} in Slack is behind; it is edited with the next message`,
        );
    }
    this.#options.clock.after(restMs * 2 ** state.tries, () => this.#rested(incident, state));
  }

  #rested(incident: string, state: State): void {
    if (state.again && !this.#end.signal.aborted) {
      void this.#edit(incident);
      return;
    }
    this.#leave(incident);
  }

  #leave(incident: string): void {
    this.#states.delete(incident);
    if (this.#states.size > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
