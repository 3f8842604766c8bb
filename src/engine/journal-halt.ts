import { controlKeys, type BrokenJournal } from '../domain/controls.ts';
import type { Book } from './book.ts';
import type { Turn } from './turn.ts';

/**
 * A journal that somebody changed is no ground to act on: nothing starts until a person has looked into it. What a
 * person has lifted once does not halt again.
 */
export function haltForBrokenJournal(turn: Turn, book: Book, problem: string): void {
  const known = book.control<BrokenJournal>(controlKeys.brokenJournal);
  if (known?.problem === problem) return;
  turn.control(controlKeys.brokenJournal, { problem, at: turn.at, liftedBy: null });
}

/** Notes who has looked into it; null when there was nothing to look into. */
export function liftBrokenJournal(turn: Turn, book: Book, by: string): string | null {
  const broken = book.control<BrokenJournal>(controlKeys.brokenJournal);
  if (broken === null || broken.liftedBy !== null) return null;
  turn.control(controlKeys.brokenJournal, { ...broken, liftedBy: by });
  return broken.problem;
}

/** Why nothing may start because of the journal, or null. */
export function brokenJournal(book: Book): string | null {
  const broken = book.control<BrokenJournal>(controlKeys.brokenJournal);
  if (broken === null || broken.liftedBy !== null) return null;
  return `halted by rollbackd: the journal does not verify (${broken.problem}); look into it, then lift the halt`;
}
