import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { MINUTE } from '../../domain/time.ts';

/** Since when, and why, the second answers in the first one's stead. */
export interface Silence {
  readonly since: number;
  readonly detail: string;
}

export interface TakeOverOptions {
  readonly first: Answerer;
  readonly second: Answerer;
  readonly clock: Clock;
  /** Hears when the second takes over, with null when the first is back, and how long it was away. */
  readonly changed: (silence: Silence | null, awayMs: number) => void;
}

/** While the first is silent, it is asked again this often at first; meanwhile the second answers at once. */
const retryMs = 10_000;
/** Of one that comes and goes: each time, it is asked again half as often, down to this. */
const seldomMs = 5 * MINUTE;
/** One that has answered for as long as this has come back for good. */
const steadyMs = 10 * MINUTE;
/** Prometheus calls a query bad, or fails at it. It does answer: another one would have to be asked something else. */
const badQuery: ReadonlySet<unknown> = new Set([400, 422]);

/**
 * Somebody who answers while the first does not.
 *
 * No answer is no connection, no answer in time, or one that is none. A query that the first refuses or fails at is
 * answered, and so is one without data: nobody takes over then. Whether a silent one is back is found out beside the
 * readings: none of them waits for it.
 */
export class TakeOver {
  readonly #options: TakeOverOptions;
  #silence: (Silence & { triedAt: number }) | null = null;
  #retryMs = retryMs;
  #backAt = -Infinity;

  constructor(options: TakeOverOptions) {
    this.#options = options;
  }

  /** null while the first answers. */
  silence(): Silence | null {
    if (this.#silence === null) return null;
    const { since, detail } = this.#silence;
    return { since, detail };
  }

  /**
   * Asks the first, or the second in its stead: all that belongs to one reading, so that it is of one mind.
   *
   * @returns the answer; `instead` says who gave it and why, null when the first did
   */
  async ask<Answer>(
    ask: (answerer: Answerer) => Promise<Answer>,
    signal: AbortSignal,
  ): Promise<{ readonly answer: Answer; readonly instead: string | null }> {
    const { first, second } = this.#options;
    if (this.#silence === null) {
      try {
        return { answer: await ask(first), instead: null };
      } catch (thrown) {
        if (signal.aborted || !isSilence(thrown)) throw thrown;
        this.#lost(messageOf(thrown));
      }
    }
    this.#askAgain(ask, signal);
    const instead = `by ${second.name}, ${first.name} does not answer: ${this.#silence?.detail ?? ''}`;
    try {
      return { answer: await ask(second), instead };
    } catch (thrown) {
      throw new Error(`${messageOf(thrown)} (${instead})`, { cause: thrown });
    }
  }

  /** Its answer, if any, comes too late for the reading that it was asked for, and ends the silence. */
  #askAgain(ask: (answerer: Answerer) => Promise<unknown>, signal: AbortSignal): void {
    const { first, clock } = this.#options;
    const silence = this.#silence;
    if (silence === null || clock.now() - silence.triedAt < this.#retryMs) return;
    silence.triedAt = clock.now();
    ask(first).then(
      () => this.#heard(),
      (thrown: unknown) => {
        if (signal.aborted) return;
        if (isSilence(thrown)) this.#lost(messageOf(thrown));
        else this.#heard();
      },
    );
  }

  #heard(): void {
    const silence = this.#silence;
    if (silence === null) return;
    this.#silence = null;
    this.#backAt = this.#options.clock.now();
    this.#options.changed(null, this.#backAt - silence.since);
  }

  #lost(detail: string): void {
    const now = this.#options.clock.now();
    if (this.#silence !== null) {
      this.#silence = { ...this.#silence, detail, triedAt: now };
      return;
    }
    this.#retryMs = now - this.#backAt < steadyMs ? Math.min(this.#retryMs * 2, seldomMs) : retryMs;
    this.#silence = { since: now, detail, triedAt: now };
    this.#options.changed(this.silence(), 0);
  }
}

function isSilence(thrown: unknown): boolean {
  if (!(thrown instanceof RollbackError) || thrown.code === 'ANSWER_TOO_LARGE') return false;
  return !(thrown.code === 'ANSWER_INVALID' && badQuery.has(thrown.facts['status']));
}
