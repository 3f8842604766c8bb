import type { Evaluation } from '../domain/ports/detection.ts';
import type { ReadingRow } from '../domain/ports/store.ts';
import { SECOND } from '../domain/time.ts';
import type { Book } from './book.ts';
import type { Case } from './case.ts';
import { RunUps } from './run-ups.ts';
import type { Turn } from './turn.ts';

/** Readings are stored together this often; a crash loses no more. */
const everyMs = 5 * SECOND;
/** Rows of the past a commit: what fires at many targets at once is decided before all of it is written. */
const mostPast = 500;

/**
 * Readings are kept where they are evidence: where a level changed, those that led to one that fired, and on the
 * subjects of an incident while it is being decided, rolled back and verified. They go along with a commit that is made
 * anyway, or every 5 s.
 */
export class Evidence {
  #waiting: ReadingRow[] = [];
  /** Of before a level fired. */
  readonly #past: ReadingRow[] = [];
  #storedAt = 0;
  readonly #runUps = new RunUps();

  take(turn: Turn, book: Book, evaluation: Evaluation): void {
    const { rule, readings, changes } = evaluation;
    for (const row of this.#runUps.take(evaluation)) this.#past.push(row);
    const wanted = new Set(changes.map(({ subject }) => subject));
    // Those that close by this very reading are no longer in the book.
    for (const open of [...book.open(), ...turn.touched()])
      if (isUnderWay(open)) for (const { subject } of open.incident.context.levels) wanted.add(subject);
    for (const subject of wanted) {
      const reading = readings.get(subject);
      if (reading !== undefined) this.#waiting.push({ rule: rule.id, subject, reading });
    }
    const isEarly = turn.isEmpty() && turn.at - this.#storedAt < everyMs;
    if (this.#past.length === 0 && (this.#waiting.length === 0 || isEarly)) return;
    turn.include({ readings: [...this.#waiting, ...this.#past.splice(0, mostPast)] });
    this.#waiting = [];
    this.#storedAt = turn.at;
  }
}

/** What people have been told of, or own, may stay open for weeks. */
function isUnderWay({ incident }: Case): boolean {
  return !['monitoring', 'investigating', 'handed_over'].includes(incident.value);
}
