import { crashPoint } from '../../../domain/crash-point.ts';
import { RollbackError } from '../../../domain/errors.ts';
import { sleep, type Clock } from '../../../domain/ports/clock.ts';
import type { InboxRow, Store } from '../../../domain/ports/store.ts';
import type { Interaction } from './interaction.ts';

/** The name of everything from Slack in the inbox. */
export const source = 'slack';

/** Rows that one commit takes, and that may wait for it. */
const batch = 200;
const mostWaiting = 2_000;

export interface IntakeOptions {
  readonly store: Pick<Store, 'receive'>;
  readonly clock: Clock;
  /** How long the first waits for others to share its commit. */
  readonly gatherMs: number;
}

interface Waiting {
  readonly row: Omit<InboxRow, 'answer'>;
  readonly resolve: (before: InboxRow | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes what came in durable. What arrives within a few milliseconds shares one commit, in the order of arrival. */
export class Intake {
  readonly #options: IntakeOptions;
  #waiting: Waiting[] = [];
  #storing = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * @returns the row that was there before under this key; null where it is new, and durable now
   * @throws RollbackError `RATE_LIMITED` while too much waits to be stored; those of the store
   */
  async take(key: string, done: Interaction): Promise<InboxRow | null> {
    if (this.#waiting.length >= mostWaiting)
      throw new RollbackError('RATE_LIMITED', 'more clicks and commands came in than can be stored');
    const { promise, resolve, reject } = Promise.withResolvers<InboxRow | null>();
    const at = this.#options.clock.now();
    this.#waiting.push({ row: { source, key, at, payload: { ...done } }, resolve, reject });
    if (!this.#storing) void this.#store();
    const before = await promise;
    if (before === null) crashPoint('click.received');
    return before;
  }

  async #store(): Promise<void> {
    const { store, clock, gatherMs } = this.#options;
    this.#storing = true;
    await sleep(clock, gatherMs, new AbortController().signal);
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, batch);
      try {
        const before = await store.receive(together.map(({ row }) => row));
        for (const [index, { resolve }] of together.entries()) resolve(before[index] ?? null);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#storing = false;
  }
}
