/**
 * What goes wrong with one call: an HTTP status; an `error` in an answer of Slack's own form; `hang`: never answered,
 * nothing done; `drop`: the connection ends, nothing done; `lost`: done, then the connection ends; `malformed`: an
 * answer that is no JSON, nothing done; `hold`: done and answered once the promise resolved.
 */
export type Fault =
  | { readonly status: number; readonly retryAfterSeconds?: number; readonly body?: string }
  | { readonly error: string }
  | { readonly hold: Promise<unknown> }
  | 'hang'
  | 'drop'
  | 'lost'
  | 'malformed';

/** Faults by method of the Web API; `*` stands for all of them, `response_url` and `upload` for those addresses. */
export class Faults {
  readonly #next = new Map<string, Fault[]>();
  readonly #always = new Map<string, Fault>();

  /** The next calls of a method meet these, one after the other. */
  next(method: string, ...faults: readonly Fault[]): void {
    this.#next.set(method, [...(this.#next.get(method) ?? []), ...faults]);
  }

  /** Every call of a method meets this, until `clear`. */
  always(method: string, fault: Fault): void {
    this.#always.set(method, fault);
  }

  /** All faults of a method, or all there are, are over. */
  clear(method?: string): void {
    for (const kept of [this.#next, this.#always]) {
      if (method === undefined) kept.clear();
      else kept.delete(method);
    }
  }

  /** Takes the fault that a call meets; null when none. */
  take(method: string): Fault | null {
    const scripted = this.#next.get(method)?.shift() ?? this.#next.get('*')?.shift();
    return scripted ?? this.#always.get(method) ?? this.#always.get('*') ?? null;
  }
}
