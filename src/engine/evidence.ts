import type { Evaluation } from '../domain/ports/detection.ts';
import type { ReadingRow } from '../domain/ports/store.ts';
import { SECOND } from '../domain/time.ts';
import type { Book } from './book.ts';
import type { Case } from './case.ts';
import type { Turn } from './turn.ts';

/** Readings are stored together this often; a crash loses no more. */
const everyMs = 5 * SECOND;

/**
 * Readings are kept where they are evidence: where a level changed, and on the subjects of an incident while it is
 * being decided, rolled back and verified. They go along with a commit that is made anyway, or every 5 s.
 */
export class Evidence {
  #waiting: ReadingRow[] = [];
  #storedAt = 0;

  take(turn: Turn, book: Book, { rule, readings, changes }: Evaluation): void {
    const wanted = new Set(changes.map(({ subject }) => subject));
    for (const open of book.open())
      if (isUnderWay(open)) for (const { subject } of open.incident.context.levels) wanted.add(subject);
    for (const subject of wanted) {
      const reading = readings.get(subject);
      if (reading !== undefined) this.#waiting.push({ rule: rule.id, subject, reading });
    }
    if (this.#waiting.length === 0 || (turn.isEmpty() && turn.at - this.#storedAt < everyMs)) return;
    turn.include({ readings: this.#waiting });
    this.#waiting = [];
    this.#storedAt = turn.at;
  }
}

/** What people have been told of, or own, may stay open for weeks. */
function isUnderWay({ incident }: Case): boolean {
  return !['monitoring', 'investigating', 'handed_over'].includes(incident.value);
}
