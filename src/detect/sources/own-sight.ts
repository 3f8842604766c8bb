import { MINUTE, SECOND } from '../../domain/time.ts';

/** Failures within this long of each other happened at once. */
const atOnceMs = 30 * SECOND;
/** A probe that passed within this long is worth asking again. */
const worthMs = 5 * MINUTE;
/** How many of them are asked again at most. */
const most = 5;

/** How a probe ended. `unable`: the network did not let us ask. `own`: a limit or a setting of ours. */
export type Outcome = 'passed' | 'failed' | 'unable' | 'own';

/** A probe of a target, and how to do it again. */
export interface Probe {
  readonly id: string;
  readonly target: string;
  readonly again: (signal: AbortSignal) => Promise<Outcome>;
}

interface Latest {
  readonly at: number;
  readonly probe: Probe;
  readonly passed: boolean;
}

/**
 * Whether the daemon itself can see. When every probe of the daemon fails at once, of two targets or more, the
 * trouble is more likely its own network than all of them: then no failure of a probe counts.
 *
 * The latest outcome of each probe is remembered, over all rules. A pass proves sight only if it is not older than
 * the failure: otherwise probes of other targets that passed last are asked again first.
 */
export class OwnSight {
  readonly #latest = new Map<string, Latest>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Remembers an outcome. One that never said anything, such as a name that was never found, is left out. */
  saw(probe: Probe, outcome: Outcome): void {
    if (outcome === 'own' || (outcome === 'unable' && !this.#latest.has(probe.id))) return;
    this.#latest.delete(probe.id);
    this.#latest.set(probe.id, { at: this.#now(), probe, passed: outcome === 'passed' });
  }

  /** Targets that all fail at once, judged for failures since `since`; null while the daemon can be believed. */
  async lost(since: number, signal: AbortSignal): Promise<ReadonlySet<string> | null> {
    this.#forget();
    if (!this.#passedSince(since)) await this.#askAgain(signal);
    if (this.#passedSince(since)) return null;
    const failing = [...this.#latest.values()].filter(({ at, passed }) => !passed && at >= since - atOnceMs);
    const targets = new Set(failing.map(({ probe }) => probe.target));
    return targets.size >= 2 ? targets : null;
  }

  #forget(): void {
    const now = this.#now();
    for (const [id, { at, passed }] of this.#latest)
      if (now - at > (passed ? worthMs : atOnceMs)) this.#latest.delete(id);
  }

  #passedSince(since: number): boolean {
    return this.#latest.values().some(({ at, passed }) => passed && at >= since);
  }

  async #askAgain(signal: AbortSignal): Promise<void> {
    const passed = [...this.#latest.values()].filter((latest) => latest.passed).slice(-most);
    await Promise.all(passed.map(async ({ probe }) => this.saw(probe, await probe.again(signal))));
  }
}
