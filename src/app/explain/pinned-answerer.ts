import type { Answerer } from '../../domain/ports/answerer.ts';

/** Answers every question about now as of an instant: a source that reads through it reads that past. */
export function pinnedAnswerer(answerer: Answerer, at: number): Answerer {
  return {
    name: answerer.name,
    query: (text, asked, signal) => answerer.query(text, asked ?? at, signal),
    queryRange: (text, range, signal) => answerer.queryRange(text, range, signal),
  };
}
