import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Clock } from '../../domain/ports/clock.ts';

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

/** While the first is silent, it is asked again this often; all other questions go to the second at once. */
const retryMs = 10_000;
/** Prometheus calls a query bad, or fails at it. It does answer: another one would have to be asked something else. */
const badQuery: ReadonlySet<unknown> = new Set([400, 422]);

/**
 * Somebody who answers while the first does not.
 *
 * No answer is no connection, no answer in time, or one that is none. A query that the first refuses or fails at is
 * answered: nobody takes over then.
 */
export class TakeOver {
  readonly #options: TakeOverOptions;
  #silence: (Silence & { triedAt: number }) | null = null;

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
    const { first, second, clock } = this.#options;
    const known = this.#silence;
    if (known === null || clock.now() - known.triedAt >= retryMs) {
      if (known !== null) known.triedAt = clock.now();
      try {
        const answer = await ask(first);
        this.#heard();
        return { answer, instead: null };
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        if (!isSilence(thrown)) {
          this.#heard();
          throw thrown;
        }
        this.#lost(messageOf(thrown));
      }
    }
    const instead = `by ${second.name}, ${first.name} does not answer: ${this.#silence?.detail ?? ''}`;
    try {
      return { answer: await ask(second), instead };
    } catch (thrown) {
      throw new Error(`${messageOf(thrown)} (${instead})`, { cause: thrown });
    }
  }

  #heard(): void {
    const silence = this.#silence;
    this.#silence = null;
    if (silence !== null) this.#options.changed(null, this.#options.clock.now() - silence.since);
  }

  #lost(detail: string): void {
    const now = this.#options.clock.now();
    if (this.#silence !== null) {
      this.#silence = { ...this.#silence, detail, triedAt: now };
      return;
    }
    this.#silence = { since: now, detail, triedAt: now };
    this.#options.changed(this.silence(), 0);
  }
}

function isSilence(thrown: unknown): boolean {
  if (!(thrown instanceof RollbackError) || thrown.code === 'ANSWER_TOO_LARGE') return false;
  return !(thrown.code === 'ANSWER_INVALID' && badQuery.has(thrown.facts['status']));
}
