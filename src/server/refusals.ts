import type { RefusedAccess } from '../domain/access.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Daemon } from '../domain/ports/daemon.ts';
import { MINUTE } from '../domain/time.ts';

/** Told apart at once; what more sources send is told as one. */
const mostSources = 32;

interface Held {
  readonly refused: Omit<RefusedAccess, 'count'>;
  count: number;
}

/**
 * Tells the daemon who was not let in: the first time at once, then once a minute and source with a count, so that
 * nobody can fill the journal.
 */
export class Refusals {
  readonly #daemon: Pick<Daemon, 'refusedAccess'>;
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();
  #cancel: (() => void) | null = null;

  constructor(daemon: Pick<Daemon, 'refusedAccess'>, clock: Clock) {
    this.#daemon = daemon;
    this.#clock = clock;
  }

  note(refused: Omit<RefusedAccess, 'count'>): void {
    const whole = `${refused.why} ${refused.source}`;
    const [key, told] =
      this.#held.has(whole) || this.#held.size < mostSources
        ? [whole, refused]
        : [refused.why, { ...refused, source: 'other sources' }];
    const before = this.#held.get(key);
    this.#held.set(key, { refused: told, count: before === undefined ? 0 : before.count + 1 });
    if (before === undefined) this.#daemon.refusedAccess({ ...told, count: 1 });
    this.#cancel ??= this.#clock.after(MINUTE, () => this.#tell());
  }

  /** Tells what it holds back. */
  close(): void {
    this.#cancel?.();
    this.#tell();
    this.#cancel?.();
  }

  #tell(): void {
    this.#cancel = null;
    const held = [...this.#held];
    this.#held.clear();
    for (const [key, { refused, count }] of held) {
      if (count === 0) continue;
      this.#daemon.refusedAccess({ ...refused, count });
      // Who goes on is told of again in a minute, not at once.
      this.#held.set(key, { refused, count: 0 });
    }
    if (this.#held.size > 0) this.#cancel = this.#clock.after(MINUTE, () => this.#tell());
  }
}
