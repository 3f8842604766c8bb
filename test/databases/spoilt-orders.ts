import { expect } from 'vitest';
import { never, opId } from '../rollback/a-step.ts';
import { dieBetweenCalls, Died } from '../rollback/crashes.ts';
import { lives, type someStore } from './some-store.ts';

/** What is in a database, and beside it. */
export function looksInto(
  server: {
    rows(database: string, statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
    databases(name: string): Promise<readonly string[]>;
  },
  database: string,
) {
  return {
    database,
    /** How many orders there are, here or in one that is kept beside. */
    rows: async (from = database) =>
      Number((await server.rows(from, 'SELECT COUNT(*) AS n FROM orders'))[0]?.['n']),
    databases: () => server.databases(database),
  };
}

type Spoilt = Awaited<ReturnType<typeof someStore>> & ReturnType<typeof looksInto>;

/** Kills it between two calls of the restore, then of the undo, and looks after each. @param it with 10 orders left of `all` */
export async function killedAndRepeated(
  it: Spoilt,
  { all, nth, undoNth }: Readonly<Record<'all' | 'nth' | 'undoNth', number>>,
): Promise<void> {
  const step = it.restoreStep();
  dieBetweenCalls(nth);
  await expect(it.open().apply(step, opId, never)).rejects.toThrow(Died);
  lives();
  expect([10, all]).toContain(await it.rows());
  expect(await it.open().probe(step, opId, never)).toBe('partial');

  expect(await it.open().apply(step, opId, never)).toMatchObject({ ended: 'done' });
  expect(await it.rows()).toBe(all);
  expect(await it.databases()).toHaveLength(2);

  dieBetweenCalls(undoNth);
  await it
    .open()
    .undo?.(step, opId, never)
    .catch(() => {});
  lives();
  await it.open().undo?.(step, opId, never);
  expect(await it.rows()).toBe(10);
  expect(await it.open().probe(step, opId, never)).toBe('not_done');
}

/** How a restore ends whose rows are not those that were copied. */
export const otherRowsIn = (table: string) => ({
  ended: 'failed',
  detail: `orders was not touched: orders: rows of what was restored are not those that were copied: ${table}`,
  retryable: false,
});
