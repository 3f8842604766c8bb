import type { Evaluation } from '../domain/ports/detection.ts';

type BlindEvent = Evaluation['blind'][number];

interface BlindSource {
  readonly since: number;
  readonly detail: string;
  /** Pairs of rule and subject that cannot see. */
  readonly pairs: Set<string>;
}

/**
 * Which sources are blind: those with at least one pair of rule and subject that has been unknown for its rule's
 * `blind_after`. One event when the first pair of a source goes blind, one when the last of them sees again.
 */
export class Blindness {
  readonly #sources = new Map<string, BlindSource>();
  #events: BlindEvent[] = [];

  lost(identity: string, pair: string, { since, detail }: { since: number; detail: string }): void {
    const known = this.#sources.get(identity);
    if (known !== undefined) {
      known.pairs.add(pair);
      return;
    }
    this.#sources.set(identity, { since, detail, pairs: new Set([pair]) });
    this.#events.push({ identity, blind: true, since, detail });
  }

  /** A pair that was blind when the daemon stopped: told already. */
  restored(identity: string, pair: string, since: number): void {
    const known = this.#sources.get(identity);
    if (known === undefined)
      this.#sources.set(identity, { since, detail: `${identity} was blind before`, pairs: new Set([pair]) });
    else known.pairs.add(pair);
  }

  /** The pair sees again, or nobody looks at it any more. */
  regained(identity: string, pair: string, detail: string): void {
    const known = this.#sources.get(identity);
    if (!known?.pairs.delete(pair) || known.pairs.size > 0) return;
    this.#sources.delete(identity);
    this.#events.push({ identity, blind: false, since: known.since, detail });
  }

  /** What happened since the last call. */
  drain(): readonly BlindEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  identities(): readonly string[] {
    return [...this.#sources.keys()].sort();
  }
}
