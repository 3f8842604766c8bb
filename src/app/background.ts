/** Something that runs until it is disposed of, and whose end is waited for. */
export function background(...runs: readonly ((signal: AbortSignal) => Promise<unknown>)[]): AsyncDisposable {
  const abort = new AbortController();
  const running = Promise.all(runs.map((run) => run(abort.signal)));
  return {
    async [Symbol.asyncDispose]() {
      abort.abort();
      await running;
    },
  };
}
