import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { never, opId } from '../rollback/a-step.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { incident, someStore, spoiling } from './some-store.ts';
import { otherRowsIn } from './spoilt-orders.ts';

/** A shop with a set from before; then rows are lost; then the incident's own set. */
async function spoilt(wrap?: (archivist: Archivist) => Archivist) {
  const path = join(temporaryFolder('rd-sqlite'), 'shop.db');
  const live = new DatabaseSync(path);
  onTestFinished(() => live.close());
  live.exec(`
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, photo BLOB, weight REAL);
    INSERT INTO customers VALUES (1, 'Zoë', x'00ff', 60.5), (9007199254740993, 'Ben', NULL, 9e999);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INT);
    INSERT INTO orders VALUES (1, 1), (2, 1), (3, 2);
  `);
  const store = { kind: 'sqlite', name: 'orders', path, schemaQuery: null } as const;
  const it = await someStore(store, wrap);
  await it.copied();
  live.exec('DELETE FROM orders WHERE id > 1');
  await it.copied(incident);
  const rows = () => live.prepare('SELECT count(*) AS n FROM orders').get()?.['n'];
  return { ...it, rows, own: () => readdirSync(join(it.stateDir, 'sqlite')) };
}

test('rows of SQLite come back, and none of them is another', async () => {
  const it = await spoilt();
  expect(await it.open().apply(it.restoreStep(), opId, never)).toMatchObject({
    ended: 'done',
    integrity: [
      { name: 'orders: customers', before: 2, after: 2, lost: 0, corrupted: 0, orphaned: 0 },
      { name: 'orders: orders', before: 1, after: 3, lost: 0, corrupted: 0, orphaned: 0 },
    ],
  });
  expect(it.rows()).toBe(3);
});

test('a table whose rows are not those that were copied keeps SQLite from being switched, and is named', async () => {
  const it = await spoilt(spoiling('Ben', 'Bem'));
  expect(await it.open().apply(it.restoreStep(), opId, never)).toEqual(otherRowsIn('customers'));
  expect(it.rows()).toBe(1);
  expect(it.own()).toEqual([]);
});
