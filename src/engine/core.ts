import { crashPoint, type CrashPoint } from '../domain/crash-point.ts';
import { RollbackError } from '../domain/errors.ts';
import type { NewEntry } from '../domain/ports/store.ts';
import type { Book } from './book.ts';
import type { Case } from './case.ts';
import { Evidence } from './evidence.ts';
import { Flow } from './flow.ts';
import type { RenewalsUnderWay } from './held.ts';
import { Hints } from './hints.ts';
import type { Parts } from './parts.ts';
import { Turn } from './turn.ts';

/** Which crash point follows which journal entry. */
const pointAfter: Readonly<Record<string, CrashPoint>> = {
  'incident.opened': 'incident.opened',
  decided: 'decision.committed',
  'question.asked': 'question.committed',
  'question.answered': 'answer.committed',
  'plan.built': 'plan.committed',
  'effect.intent': 'effect.intent.committed',
  'effect.started': 'effect.started.committed',
  'effect.done': 'effect.done.committed',
  'rollback.settling': 'settle.committed',
  'phase.passed': 'phase.committed',
  'incident.closed': 'closed.committed',
};

/**
 * The one loop: an event at a time, each stored in one commit before anything follows from it.
 *
 * A commit that cannot be stored ends the daemon: what is in memory is then ahead of what survives, and the start
 * path is the only one that may sort that out. `onFatal` is called once.
 */
export class Core {
  readonly parts: Parts;
  readonly book: Book;
  readonly flow: Flow;
  readonly hints: Hints;
  readonly evidence = new Evidence();
  readonly renewals: RenewalsUnderWay = new Map();
  #tail: Promise<void> = Promise.resolve();
  #broken: Error | null = null;
  readonly #onFatal: (error: unknown) => void;
  /** Starts whatever the states of the touched cases call for. Set by the engine once all parts exist. */
  pursue: (touched: readonly Case[]) => void = () => {};

  constructor(parts: Parts, book: Book, onFatal: (error: unknown) => void) {
    this.parts = parts;
    this.book = book;
    this.flow = new Flow(parts, book);
    this.hints = new Hints(parts.clock);
    this.#onFatal = onFatal;
  }

  /** Runs `change` when its turn comes, and resolves once what it changed is durable. */
  turn<Result>(change: (turn: Turn, flow: Flow) => Result): Promise<Result> {
    const result = this.#tail.then(() => this.#take(change));
    this.#tail = result.then(
      () => {},
      () => {},
    );
    return result;
  }

  /** Resolves when everything asked for so far is done. */
  idle(): Promise<void> {
    return this.#tail;
  }

  /** The first cause ends the daemon; later ones are its consequences. */
  fail(error: unknown): void {
    if (this.#broken !== null) return;
    this.#broken = error instanceof Error ? error : new Error(String(error));
    this.#onFatal(error);
  }

  /** Takes no more turns: what still runs, and ends later, is looked into by the next start. */
  end(): void {
    this.#broken ??= new RollbackError('ABORTED', 'the daemon has stopped');
  }

  async #take<Result>(change: (turn: Turn, flow: Flow) => Result): Promise<Result> {
    if (this.#broken !== null) throw this.#broken;
    const turn = new Turn(this.parts, this.book);
    try {
      const result = change(turn, this.flow);
      if (!turn.isEmpty()) await this.#store(turn);
      return result;
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  async #store(turn: Turn): Promise<void> {
    await this.parts.store.commit(turn.commit());
    if (turn.entries().length > 0) this.book.head = (await this.parts.store.head()).hash;
    this.parts.watcher.committed(turn.entries(), turn.messages());
    for (const row of turn.ledgerRows()) this.parts.watcher.closed(row);
    passCrashPoints(turn.entries());
    this.pursue(turn.touched());
  }
}

function passCrashPoints(entries: readonly NewEntry[]): void {
  for (const { type } of entries) {
    const point = pointAfter[type];
    if (point !== undefined) crashPoint(point);
  }
}
