import { messageOf } from '../../domain/errors.ts';
import type { Series } from '../../domain/labels.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';

/** The type of a metric by the exporters' own word: `counter`, `gauge`, `histogram`…; null where nobody says. */
export type MetricTypes = (metric: string, signal: AbortSignal) => Promise<string | null>;

/** Whom the online checks ask, and within which bounds. */
export interface OnlineOptions {
  readonly answerer: Answerer;
  readonly types: MetricTypes;
  readonly signal: AbortSignal;
  /** Called after each answer. */
  readonly onAnswer: (answered: number) => void;
}

/** An answer, or why there is none. */
export type Answered<T> = { readonly value: T } | { readonly failure: string };

/** More requests than this are not made by one check. */
export const mostRequests = 400;
const atOnce = 4;

/** Asks each thing once, a few at a time, and not for ever. A failure is an answer, too. */
export class Asking {
  readonly #options: OnlineOptions;
  readonly #asked = new Map<string, Promise<Answered<unknown>>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #answered = 0;

  constructor(options: OnlineOptions) {
    this.#options = options;
  }

  /** How many requests were made. */
  get requests(): number {
    return this.#asked.size;
  }

  /** The elements of a query's result; a scalar is one without labels. */
  vector(text: string): Promise<Answered<readonly Series[]>> {
    return this.#once(`query ${text}`, async () => {
      const result = await this.#options.answerer.query(text, null, this.#options.signal);
      if (result.type === 'vector') return result.series;
      if (result.type === 'scalar') return [{ labels: {}, value: result.value }];
      throw new Error(`the answer is a ${result.type}, expected an instant vector`);
    });
  }

  /** The one number that an aggregation without labels returns; null when it returns nothing. */
  async number(text: string): Promise<Answered<number | null>> {
    const answer = await this.vector(text);
    return 'failure' in answer ? answer : { value: answer.value[0]?.value ?? null };
  }

  type(metric: string): Promise<Answered<string | null>> {
    return this.#once(`type ${metric}`, () => this.#options.types(metric, this.#options.signal));
  }

  #once<T>(key: string, ask: () => Promise<T>): Promise<Answered<T>> {
    const known = this.#asked.get(key) as Promise<Answered<T>> | undefined;
    if (known !== undefined) return known;
    if (this.#asked.size >= mostRequests)
      return Promise.resolve({ failure: `${mostRequests} requests were made, which is the limit` });
    const answer = this.#inTurn(ask);
    this.#asked.set(key, answer);
    return answer;
  }

  async #inTurn<T>(ask: () => Promise<T>): Promise<Answered<T>> {
    while (this.#running >= atOnce) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    this.#running += 1;
    try {
      return { value: await ask() };
    } catch (thrown) {
      return { failure: messageOf(thrown) };
    } finally {
      this.#running -= 1;
      this.#answered += 1;
      this.#options.onAnswer(this.#answered);
      this.#waiting.shift()?.();
    }
  }
}
