import type { LevelChange } from '../domain/breach.ts';
import type { Band, Firing } from './report.ts';

/** Gathers what happened to one level into bands of pending and firing. */
export class LevelHistory {
  readonly #firings: Firing[] = [];
  readonly #pending: Band[] = [];
  #pendingSince: number | null = null;
  #firing: Firing | null = null;

  take({ change, at, since, armed, detail }: LevelChange): void {
    switch (change) {
      case 'pending':
        this.#closePending(at);
        this.#pendingSince = since;
        return;
      case 'forgiven':
        this.#closePending(at);
        // A level that fired, and that nobody counts any more, ends as well.
        this.#closeFiring(at);
        return;
      case 'fired':
        this.#pendingSince ??= since;
        this.#closePending(at);
        this.#firing = { since, firedAt: at, endedAt: null, armed, detail };
        return;
      case 'recovered':
        this.#closeFiring(at);
        return;
      case 'recovering':
      case 'relapsed':
        return;
    }
  }

  /** Neither pending nor firing. */
  isClear(): boolean {
    return this.#pendingSince === null && this.#firing === null;
  }

  /** Everything until the end of the history; what fires then has no end. */
  until(toMs: number): { readonly firings: readonly Firing[]; readonly pending: readonly Band[] } {
    this.#closePending(toMs);
    return {
      firings: this.#firing === null ? this.#firings : [...this.#firings, this.#firing],
      pending: this.#pending,
    };
  }

  #closePending(to: number): void {
    if (this.#pendingSince !== null && to > this.#pendingSince)
      this.#pending.push({ from: this.#pendingSince, to });
    this.#pendingSince = null;
  }

  #closeFiring(at: number): void {
    if (this.#firing !== null) this.#firings.push({ ...this.#firing, endedAt: at });
    this.#firing = null;
  }
}
