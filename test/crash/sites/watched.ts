import { setTimeout as pause } from 'node:timers/promises';
import type { Act } from '../act.ts';

/** A thing that steps change, and that people use all the time. */
export interface Watched {
  /** The step that changes it, by its name in the plan. */
  readonly step: string;
  /** What is there now, in a word; null while nobody can tell. */
  look(): Promise<string | null>;
  /**
   * People use what a step has brought, so that bringing it once more would destroy what they did. Of words that need no
   * use, nothing. What is there after it is the word of `used`.
   */
  readonly used: string | null;
  /** Whether bringing it once more destroys nothing, as with a cache that fills again. */
  readonly harmless?: true;
  use(word: string): Promise<void>;
  /** Puts back what a step has changed. */
  reset(): Promise<void>;
}

const everyMs = 10;

/** Looks at everything all the time: a thing that changes tells of an act. It is people's memory, not the daemon's. */
export class Watcher {
  readonly #watched: readonly Watched[];
  readonly #acts: Act[] = [];
  #loops: Promise<void>[] = [];
  #goesOn = false;

  constructor(watched: readonly Watched[]) {
    this.#watched = watched;
  }

  acts(): readonly Act[] {
    return this.#acts;
  }

  /** Begins anew: everything as it was before any step. */
  async reset(): Promise<void> {
    this.#goesOn = false;
    await Promise.all(this.#loops);
    for (const one of this.#watched) await one.reset();
    this.#acts.length = 0;
    this.#goesOn = true;
    this.#loops = this.#watched.map(async (one) => this.#follow(one, await one.look()));
  }

  async close(): Promise<void> {
    this.#goesOn = false;
    await Promise.all(this.#loops);
  }

  async #follow(watched: Watched, first: string | null): Promise<void> {
    let last = first;
    while (this.#goesOn) {
      // What is just being changed cannot be looked at.
      const word = await watched.look().catch(() => null);
      if (word !== null && word !== last) {
        last = word;
        if (word !== watched.used) {
          const act = { step: watched.step, act: word, opId: null };
          const again = this.#acts.some((one) => one.step === act.step && one.act === act.act);
          if (!again || watched.harmless !== true) this.#acts.push(act);
          await watched.use(word);
        }
      }
      await pause(everyMs);
    }
  }
}
