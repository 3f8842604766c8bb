import { setTimeout as pause } from 'node:timers/promises';

/** An order that the service has acknowledged. */
export interface Acknowledged {
  readonly id: string;
  readonly total: number;
  /** When it was sent, and when the answer came, epoch ms. */
  readonly sentAt: number;
  readonly ackedAt: number;
}

/** Customers who order all the time, whatever happens, and remember what they were told. */
export class Writer {
  readonly acknowledged: Acknowledged[] = [];
  /** How many were refused with 503, and told to come again. */
  heldOff = 0;
  /** How many had no good answer: whether they were taken nobody can say. */
  failed = 0;
  readonly #url: string;
  readonly #customers: Promise<void>[];
  #goesOn = true;
  #count = 0;

  constructor(url: string, customers = 3) {
    this.#url = url;
    this.#customers = Array.from({ length: customers }, () => this.#order());
  }

  /** Resolves when the last one has its answer. */
  async stop(): Promise<void> {
    this.#goesOn = false;
    await Promise.all(this.#customers);
  }

  async #order(): Promise<void> {
    while (this.#goesOn) {
      this.#count += 1;
      const [id, total] = [`o${this.#count}`, 100 + this.#count];
      const sentAt = Date.now();
      const answer = await fetch(`${this.#url}/orders/${id}`, { method: 'POST', body: String(total) }).then(
        async (response) => {
          await response.arrayBuffer();
          return response;
        },
        () => null,
      );
      if (answer?.status === 201) this.acknowledged.push({ id, total, sentAt, ackedAt: Date.now() });
      else if (answer?.status === 503 && answer.headers.has('retry-after')) this.heldOff += 1;
      else this.failed += 1;
      await pause(20);
    }
  }
}
