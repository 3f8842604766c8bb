/** Those who want to know that something happened. */
export class Listeners {
  readonly #calls = new Set<() => void>();

  /** @returns how to end it */
  add(call: () => void): () => void {
    // The same function may listen twice.
    const own = (): void => call();
    this.#calls.add(own);
    return () => this.#calls.delete(own);
  }

  call(): void {
    for (const call of this.#calls) call();
  }
}
