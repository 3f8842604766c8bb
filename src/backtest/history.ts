import type { Answered, Unanswered } from './answered.ts';
import type { Window } from './span.ts';

/** What is known of one window, by `keyOf` of the question. A question that is missing was never asked. */
export interface Stretch {
  readonly window: Window;
  readonly answers: ReadonlyMap<string, Answered | Unanswered>;
}

/** The past, window by window, oldest first. What was yielded may be forgotten by whoever yielded it. */
export type History = AsyncGenerator<Stretch, void, undefined>;
