import type { AskedView, Daemon } from '../../../domain/ports/daemon.ts';

/** Questions that are over and remembered: they never count again, so they need no second look. */
const mostOver = 200;

/** Looks up questions by their tickets, and has the answers to each taken one after the other. */
export class AskedQuestions {
  readonly #daemon: Pick<Daemon, 'asked'>;
  readonly #over = new Map<string, AskedView>();
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(daemon: Pick<Daemon, 'asked'>) {
    this.#daemon = daemon;
  }

  /** The question as it is now; null when there never was one. */
  async look(ticket: string): Promise<AskedView | null> {
    const over = this.#over.get(ticket);
    if (over !== undefined) return over;
    const asked = await this.#daemon.asked(ticket);
    if (asked !== null && !asked.current && asked.incident.question?.id === asked.ticket.question)
      this.#remember(ticket, asked);
    return asked;
  }

  /** Runs work on a ticket once all that came before on the same one has ended. */
  inTurn<Result>(ticket: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(ticket) ?? Promise.resolve();
    const running = before.then(work);
    const settled = running.then(
      () => {},
      () => {},
    );
    this.#last.set(ticket, settled);
    void settled.then(() => {
      if (this.#last.get(ticket) === settled) this.#last.delete(ticket);
    });
    return running;
  }

  #remember(ticket: string, asked: AskedView): void {
    this.#over.set(ticket, asked);
    const [oldest] = this.#over.keys();
    if (this.#over.size > mostOver && oldest !== undefined) this.#over.delete(oldest);
  }
}
