/** Runs what is about one thing one after the other, in the order asked for; different things at once. */
export class OneAtATime {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Resolves or rejects as `work` does. */
  async run<Result>(thing: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(thing) ?? Promise.resolve();
    const own = before.then(work, work);
    this.#last.set(thing, own);
    try {
      return await own;
    } finally {
      if (this.#last.get(thing) === own) this.#last.delete(thing);
    }
  }
}
