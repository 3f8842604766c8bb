import type { Clock } from '../../domain/ports/clock.ts';
import { MINUTE } from '../../domain/time.ts';

/** Wrong credentials that one address may try on one link within a minute. */
const allowed = 5;
/** And all addresses together: who has many must not fill the journal. */
const allowedTogether = 30;
/** Links and addresses that are remembered; an address needs a link that is signed to get in here. */
const mostRemembered = 10_000;

/** Counts wrong credentials by link and address, and by link. Every try counts as wrong until it is known to be right. */
export class Attempts {
  readonly #clock: Clock;
  readonly #tries = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts one try before it is looked at, so that tries at the same time count as well.
   *
   * @returns how to take it back when it was right; null when there were too many
   */
  begin(ticket: string, address: string): (() => void) | null {
    const [own, together] = [`${ticket} ${address}`, ticket];
    const now = this.#clock.now();
    if (this.#recent(own, now).length >= allowed) return null;
    if (this.#recent(together, now).length >= allowedTogether) return null;
    // The link's own count comes last: it is the last of its counts to be forgotten.
    for (const key of [own, together]) this.#note(key, now);
    return () => {
      for (const key of [own, together]) this.#takeBack(key, now);
    };
  }

  #recent(key: string, now: number): number[] {
    return (this.#tries.get(key) ?? []).filter((at) => at > now - MINUTE);
  }

  #note(key: string, now: number): void {
    const recent = [...this.#recent(key, now), now];
    // Moved to the end: what was tried longest ago is forgotten first.
    this.#tries.delete(key);
    this.#tries.set(key, recent);
    this.#forgetOldest();
  }

  #takeBack(key: string, tried: number): void {
    const tries = this.#tries.get(key) ?? [];
    const at = tries.indexOf(tried);
    if (at >= 0) tries.splice(at, 1);
    if (tries.length === 0) this.#tries.delete(key);
  }

  #forgetOldest(): void {
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > mostRemembered && oldest !== undefined) this.#tries.delete(oldest);
  }
}
