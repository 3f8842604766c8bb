import { RollbackError } from '../domain/errors.ts';
import type { Answerer, InstantResult } from '../domain/ports/answerer.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Expression } from './ast.ts';
import type { Engine, InstantValue } from './engine.ts';
import { parseQuery } from './parse.ts';
import { QueryError } from './query-error.ts';
import type { SeriesSource } from './series-store.ts';

/** After so many ms of computing, whatever else waits in the daemon comes first. */
const longMs = 20;
/** Queries whose syntax tree is kept. A configuration has far fewer. */
const cachedQueries = 1_000;

/** What an answerer over samples in memory is made of. */
export interface EmbeddedParts {
  /** For people and for blindness: `scrape`, `rehearsal`. */
  readonly name: string;
  readonly source: SeriesSource;
  readonly engine: Engine;
  readonly clock: Clock;
}

/**
 * Answers PromQL from samples in memory. Queries are parsed once. Each is computed in one go; behind one that took
 * long, the next waits until everything else had its turn.
 */
export function embeddedAnswerer({ name, source, engine, clock }: EmbeddedParts): Answerer {
  const parsed = new Map<string, Expression>();
  const expressionOf = (text: string): Expression => {
    const before = parsed.get(text);
    if (before !== undefined) return before;
    const expression = parseQuery(text);
    if (parsed.size >= cachedQueries) parsed.clear();
    parsed.set(text, expression);
    return expression;
  };
  const turns = turnsOf(clock);
  return {
    name,
    query: (text, at, signal) =>
      answering({ name, text, signal, turns }, () => {
        const { value, warnings } = engine.instant(expressionOf(text), source, at ?? clock.now());
        return instantResult(value, warnings);
      }),
    queryRange: (text, range, signal) =>
      answering({ name, text, signal, turns }, () => engine.range(expressionOf(text), source, range)),
  };
}

/** Runs what it is given at once, or after a breath where what was run before took long. */
type Turns = <A>(compute: () => A) => Promise<A>;

function turnsOf(clock: Clock): Turns {
  const pause: { free: Promise<void> | null } = { free: null };
  return async (compute) => {
    while (pause.free !== null) await pause.free;
    const begunAt = clock.now();
    try {
      return compute();
    } finally {
      if (clock.now() - begunAt >= longMs) pause.free = breath(clock).then(() => void (pause.free = null));
    }
  };
}

function breath(clock: Clock): Promise<void> {
  return new Promise((resolve) => void clock.after(0, resolve));
}

function instantResult(value: InstantValue, warnings: readonly string[]): InstantResult {
  switch (value.type) {
    case 'vector':
      return { type: 'vector', series: value.series, warnings };
    case 'scalar':
      return { type: 'scalar', value: value.value, warnings };
    case 'string':
    case 'matrix':
      return { type: value.type, warnings };
  }
}

interface Asked {
  readonly name: string;
  readonly text: string;
  readonly signal: AbortSignal;
  readonly turns: Turns;
}

async function answering<A>({ name, text, signal, turns }: Asked, answer: () => A): Promise<A> {
  try {
    return await turns(() => {
      if (signal.aborted)
        throw new RollbackError('ABORTED', `the query to ${name} was given up: ${text}`, { query: text });
      return answer();
    });
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw refusal(name, text, error);
  }
}

function refusal(name: string, text: string, error: QueryError): RollbackError {
  return new RollbackError(
    'ANSWER_INVALID',
    `${name} could not answer a query: ${error.message} (${error.type}): ${text}`,
    { query: text, type: error.type },
    { cause: error },
  );
}
