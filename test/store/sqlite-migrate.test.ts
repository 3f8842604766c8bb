import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../src/domain/ports/store.ts';
import type { Migration } from '../../src/store/migrations/migration.ts';
import { migrations } from '../../src/store/migrations/migrations.ts';
import { openSqliteStore, type SqliteOptions } from '../../src/store/sqlite/open.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { folder } from './folder.ts';
import { entry } from './samples.ts';

const newest = migrations.at(-1)?.version ?? 0;
const next: Migration = {
  version: newest + 1,
  tables: 'ALTER TABLE incidents ADD COLUMN note TEXT',
  sqlite: '',
};

async function open(path: string, more: Partial<SqliteOptions> = {}): Promise<Store> {
  const store = await openSqliteStore({ path, clock: new SimulatedClock(), ...more });
  onTestFinished(() => store.close());
  return store;
}

async function storeWithAnEntry(): Promise<string> {
  const path = join(folder(), 'rollbackd.db');
  const store = await open(path);
  await store.commit({ entries: [entry(1)] });
  await store.close();
  return path;
}

function columnsOf(path: string): string[] {
  const database = new DatabaseSync(path);
  const columns = database.prepare(`SELECT name FROM pragma_table_info('incidents')`).all();
  database.close();
  return columns.map(({ name }) => String(name));
}

describe('migrations', () => {
  test('count from 1 without a gap', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  });

  test('keep to words that PostgreSQL reads too, apart from what is said to be for SQLite', () => {
    const foreign = /\b(AUTOINCREMENT|WITHOUT ROWID|STRICT|PRAGMA|DATETIME|BLOB|OR REPLACE|TRIGGER)\b/i;

    expect(migrations.filter(({ tables }) => foreign.test(tables))).toEqual([]);
  });

  test('copy the store beside it first, with its old version in the name', async () => {
    const path = await storeWithAnEntry();

    const migrated = await open(path, { migrations: [...migrations, next] });

    expect((await migrated.head()).seq).toBe(1);
    await migrated.close();
    expect(columnsOf(path)).toContain('note');
    const copy = `${path}.v${newest}-20260105T120000Z`;
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(columnsOf(copy)).not.toContain('note');
    const restored = await open(copy);
    expect((await restored.entries({ limit: 9 })).map(({ message }) => message)).toEqual(['fact 1']);
    expect(await restored.verifyJournal()).toBeNull();
  });

  test('may keep the copy elsewhere, and never overwrite an earlier one', async () => {
    const path = await storeWithAnEntry();
    const copyDir = folder();
    const name = `rollbackd.db.v${newest}-20260105T120000Z`;
    writeFileSync(join(copyDir, name), 'an earlier copy');

    await open(path, { copyDir, migrations: [...migrations, next] });

    expect(readdirSync(copyDir)).toEqual([name, `${name}-2`]);
    expect(statSync(join(copyDir, name)).size).toBe(15);
  });

  test('make no copy of a new store or of one that is up to date', async () => {
    const path = await storeWithAnEntry();
    await (await open(path)).close();

    expect(readdirSync(join(path, '..'))).toEqual(['rollbackd.db', 'rollbackd.db.lock']);
  });

  test('change nothing when one of them fails', async () => {
    const path = await storeWithAnEntry();
    const broken = { ...next, sqlite: 'CREATE TRIGGER nonsense' };

    await expect(open(path, { migrations: [...migrations, broken] })).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: `Could not migrate to version ${newest + 1} in the store ${path}: incomplete input.`,
    });
    expect(columnsOf(path)).not.toContain('note');
    expect((await (await open(path)).head()).seq).toBe(1);
  });

  test('do not begin without the copy', async () => {
    const path = await storeWithAnEntry();
    const copyDir = join(folder(), 'missing');

    await expect(open(path, { copyDir, migrations: [...migrations, next] })).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
    });
    expect(columnsOf(path)).not.toContain('note');
  });

  test('refuse a store of a newer rollbackd and leave it as it is', async () => {
    const path = await storeWithAnEntry();
    await (await open(path, { migrations: [...migrations, next] })).close();
    const before = readdirSync(join(path, '..'));

    await expect(open(path)).rejects.toMatchObject({
      code: 'STORE_NEWER',
      message:
        `Could not open the store ${path}: its schema is version ${newest + 1}, this rollbackd knows ${newest}. ` +
        'Run the newer rollbackd again, or restore the copy made before its migration.',
    });
    expect(readdirSync(join(path, '..'))).toEqual(before);
  });
});
