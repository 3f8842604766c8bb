/** Refusals of a message after which later ones of its incident go before it. */
export const refusalsToSetAside = 6;
/** Failures of other kinds, while other messages get through, after which a message is given up: about an hour. */
export const failuresToGiveUp = 60;

/** What went wrong with one message so far. */
interface Trouble {
  /** The other side would not take it. */
  readonly refusals: number;
  /** It failed otherwise, though the one before it had got through. */
  readonly own: number;
  /** It failed while nothing got through: not its fault. */
  readonly caught: boolean;
  /** How many messages had got through when it last failed. */
  readonly after: number;
}

const none: Trouble = { refusals: 0, own: 0, caught: false, after: 0 };

/** How a message failed. */
export type Failing = 'refused' | 'throttled' | 'failed';

/**
 * Tells messages that are in trouble by themselves from those that were caught in the trouble of their channel. In
 * memory: a start gives each of them new chances.
 */
export class Troubles {
  readonly #of = new Map<number, Trouble>();

  /** @param successes how many messages of the channel got through so far; `working`: the one before it did */
  failed(
    seq: number,
    how: Failing,
    { successes, working }: { readonly successes: number; readonly working: boolean },
  ): void {
    const before = this.#of.get(seq) ?? none;
    this.#of.set(seq, {
      refusals: before.refusals + (how === 'refused' ? 1 : 0),
      own: before.own + (how === 'failed' && working ? 1 : 0),
      caught: how !== 'refused' && !working,
      after: successes,
    });
  }

  forget(seq: number): void {
    this.#of.delete(seq);
  }

  wasRefused(seq: number): boolean {
    return this.#get(seq).refusals > 0;
  }

  /** Later messages of its incident may go before it. */
  isSetAside(seq: number): boolean {
    return this.#get(seq).refusals >= refusalsToSetAside;
  }

  /** Something got through since it failed, and that changes its prospects: it need not wait any longer. */
  hasAnotherChance(seq: number, successes: number): boolean {
    const { caught, after } = this.#get(seq);
    return successes > after && (caught || this.isSetAside(seq));
  }

  /** One more failure like this, and it is clear that the other side takes messages, but not this one. */
  isHopeless(seq: number, how: Failing, successes: number): boolean {
    const { refusals, own, after } = this.#get(seq);
    if (!this.#of.has(seq) || successes <= after || how === 'throttled') return false;
    return how === 'refused' ? refusals + 1 >= refusalsToSetAside : own + 1 >= failuresToGiveUp;
  }

  #get(seq: number): Trouble {
    return this.#of.get(seq) ?? none;
  }
}
