import type { Answerer } from '../../domain/ports/answerer.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import type { Unknown } from '../../domain/reading.ts';
import type { Subject } from '../../domain/target.ts';
import { columnOf, type Column } from './column.ts';
import type { PromqlSignal } from './promql-options.ts';
import type { SeriesMap } from './series-map.ts';

/** A reading that has no date yet. */
export type Saw = { readonly value: number; readonly detail: string } | Unseen | 'ok';
export interface Unseen {
  readonly why: Unknown;
  readonly detail: string;
}

/** For whom a query is asked. */
export interface Asking {
  readonly subjects: readonly Subject[];
  readonly map: SeriesMap;
  readonly signal: AbortSignal;
}

/**
 * Asks the queries of a signal at an instant. Rejects when the answer cannot be trusted.
 *
 * @param at epoch ms; null is now
 */
export async function look(
  answerer: Answerer,
  options: PromqlSignal,
  at: number | null,
  asking: Asking,
): Promise<{ readonly of: (subject: string) => Saw; readonly unmatched: number }> {
  const { ask, emptyIsOk } = options;
  if ('query' in ask) {
    const main = await column(answerer, ask.query, at, asking);
    return { of: (name) => ofQuery(main.cells.get(name), emptyIsOk), unmatched: main.unmatched };
  }
  const [bad, total] = await Promise.all([
    column(answerer, ask.bad, at, asking),
    column(answerer, ask.total, at, asking),
  ]);
  return {
    of: (name) => ofRatio({ bad: bad.cells.get(name), total: total.cells.get(name) }, ask.min),
    unmatched: total.unmatched,
  };
}

async function column(
  answerer: Answerer,
  text: string,
  at: number | null,
  { subjects, map, signal }: Asking,
): Promise<Column> {
  const answer = columnOf(await answerer.query(text, at, signal), subjects, map);
  if ('problem' in answer) throw new Error(answer.problem);
  return answer;
}

type Cell = number | 'several' | undefined;

function ofQuery(cell: Cell, emptyIsOk: boolean): Saw {
  if (cell === undefined) return emptyIsOk ? 'ok' : { why: 'no_data', detail: 'no series' };
  const odd = oddity(cell);
  return odd ?? { value: Number(cell), detail: formatQuantity(Number(cell), 'number') };
}

/** Errors that never happened have no series: `bad` is 0 where `total` is there. */
export function ofRatio({ bad, total }: { readonly bad: Cell; readonly total: Cell }, min: number): Saw {
  if (total === undefined) return { why: 'no_data', detail: 'no series of `total`' };
  const part = bad ?? 0;
  const odd = oddity(total) ?? oddity(part);
  if (odd !== null) return odd;
  const [of, amount] = [Number(total), Number(part)];
  if (of < min || of <= 0)
    return {
      why: 'insufficient',
      detail: `total is ${formatQuantity(of, 'number')}, at least ${min} needed`,
    };
  const detail = `${formatQuantity(amount / of, 'ratio')} (${formatQuantity(amount, 'number')} of ${formatQuantity(of, 'number')})`;
  return { value: amount / of, detail };
}

function oddity(cell: number | 'several'): Unseen | null {
  if (cell === 'several') return { why: 'error', detail: 'several series; aggregate to one for each target' };
  return Number.isFinite(cell) ? null : { why: 'no_data', detail: `the value is ${cell}` };
}
