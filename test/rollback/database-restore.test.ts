import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { sqliteArchivist } from '../../src/backup/archivists/sqlite.ts';
import { recipeOfStores, type BackupFacts } from '../../src/domain/backup.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import { schemaComponent } from '../../src/domain/release.ts';
import { databaseBackupDriver } from '../../src/rollback/drivers/database-backup.ts';
import { databaseRestoreDriver } from '../../src/rollback/drivers/database-restore.ts';
import { planner } from '../../src/rollback/planner.ts';
import { nobody, someBackups } from '../backup/some-backups.ts';
import { aStep, never, opId, release, shop } from './a-step.ts';

/** A file of SQLite with a set from before; then rows are lost; then the incident's own set. */
async function spoilt(
  copied: (facts: BackupFacts) => BackupFacts = (facts) => facts,
  overwrite?: NonNullable<Archivist['overwrite']>,
) {
  const it = await someBackups();
  const path = join(it.root, 'orders.db');
  const live = new DatabaseSync(path);
  live.exec(`CREATE TABLE migrations (version INT); INSERT INTO migrations VALUES (7);
    CREATE TABLE people (id INTEGER PRIMARY KEY);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, who INT REFERENCES people (id));
    PRAGMA foreign_keys = OFF; INSERT INTO people VALUES (1); INSERT INTO orders VALUES (1, 1), (2, 1), (3, 99)`);
  const schemaQuery = 'SELECT MAX(version) FROM migrations';
  const stores = { orders: { kind: 'sqlite', name: 'orders', path, schemaQuery } } as const;
  const archivist = sqliteArchivist({ stores, hostRoot: '/', stateDir: it.stateDir });
  const dump: typeof archivist.dump = async (...args) => copied(await archivist.dump(...args));
  const archivists = [{ ...archivist, dump, ...(overwrite === undefined ? {} : { overwrite }) }];
  const backups = await it.openBackups({ archivists });
  const parts = {
    backups,
    isDevelopment: () => false,
    stores,
    records: effectRecords(it.stateDir, it.clock),
  };
  const backup = databaseBackupDriver(parts);
  const restore = databaseRestoreDriver(parts);
  await backups.create(recipeOfStores(['orders']), nobody, () => {}, never);
  await it.clock.advance(1000);
  live.exec('DELETE FROM orders WHERE id > 1');
  const own = aStep('database.backup', { store: 'orders' });
  expect(await backup.apply(own, 'i-7k3f9a/backup', never)).toMatchObject({ ended: 'done' });
  await it.clock.advance(1000);
  live.close();
  const rows = () => {
    const now = new DatabaseSync(path);
    const found = now.prepare('SELECT count(*) AS n FROM orders').get();
    now.close();
    return found?.['n'];
  };
  const step = aStep('database.restore', restore.options.parse({ store: 'orders' }));
  return { ...it, backup, restore, step, rows };
}

test('a store of any kind that is copied comes back, is counted, and goes again with the undo', async () => {
  const it = await spoilt();
  expect(await it.restore.preflight(it.step, await it.restore.read(it.step, never), never)).toEqual([]);

  expect(await it.restore.integrityOf?.(it.step, opId)).toBeNull();
  const integrity = [
    { name: 'orders: migrations', before: 1, after: 1, lost: 0, orphaned: 0 },
    { name: 'orders: orders', before: 1, after: 3, lost: 0, orphaned: 1 },
    { name: 'orders: people', before: 1, after: 1, lost: 0, orphaned: 0 },
  ];
  expect(await it.restore.apply(it.step, opId, never)).toMatchObject({ ended: 'done', integrity });
  expect(await it.restore.integrityOf?.(it.step, opId)).toMatchObject(integrity);
  expect(it.rows()).toBe(3);
  expect(await it.restore.undo?.(it.step, opId, never)).toMatchObject({ ended: 'done' });
  expect(it.rows()).toBe(1);
});

test('what does not count as the manifest says, or has another schema, is not put to use', async () => {
  const applied = async (copied: (facts: BackupFacts) => BackupFacts) => {
    const it = await spoilt(copied);
    const failed = await it.restore.apply(it.step, opId, never);
    expect(it.rows()).toBe(1);
    return failed;
  };
  expect(await applied((facts) => ({ ...facts, counts: { ...facts.counts, orders: 4 } }))).toEqual({
    ended: 'failed',
    detail: 'orders was not touched: orders: what was restored does not count the same: orders: 3 of 4',
    retryable: false,
  });
  expect(await applied((facts) => ({ ...facts, schemaVersion: '6' }))).toEqual({
    ended: 'failed',
    detail: expect.stringMatching(
      /^orders was not touched: orders: what was restored has schema version 7, and b-\S+ says 6$/,
    ),
    retryable: false,
  });
});

test('written over halfway, nobody can tell, whatever a repeat meets; nothing is called untouched', async () => {
  const failures = ['UNREACHABLE', 'REFUSED'] as const;
  let attempts = 0;
  const it = await spoilt(undefined, () =>
    Promise.reject(new RollbackError(failures[attempts++] ?? 'TIMED_OUT', 'the server said no more')),
  );
  const step = aStep('database.restore', it.restore.options.parse({ store: 'orders', in_place: true }));

  for (const _ of failures) {
    await expect(it.restore.apply(step, opId, never)).rejects.toMatchObject({
      code: 'EFFECT_UNKNOWN',
      message: 'orders: the server said no more',
    });
    expect(await it.restore.probe(step, opId, never)).toBe('partial');
  }
  expect(attempts).toBe(2);
});

test('written over with rows that are not there in the end, a person decides', async () => {
  const counts = { migrations: 1, orders: 2, people: 1 };
  const facts = { server: null, tool: null, schemaVersion: '7', counts };
  const it = await spoilt(undefined, () => Promise.resolve(facts));
  const step = aStep('database.restore', it.restore.options.parse({ store: 'orders', in_place: true }));

  await expect(it.restore.apply(step, opId, never)).rejects.toMatchObject({
    code: 'EFFECT_UNKNOWN',
    message: expect.stringMatching(/^orders was written over from b-\S+; rows that are not there: 1$/),
  });
  expect(await it.restore.probe(step, opId, never)).toBe('partial');
});

test('a release that ran with another schema than the copy has makes it refused, unless the step says so', async () => {
  const it = await spoilt();
  const to = release('image', 'sha256:1', 'shop:1');
  const ran = { ...to, components: [...to.components, schemaComponent('orders', '6')] };
  const refusals = async (options: object) => {
    const step = { ...it.step, options: it.restore.options.parse({ store: 'orders', ...options }), to: ran };
    const found = await it.restore.preflight(step, await it.restore.read(step, never), never);
    return found.map(({ message }) => message);
  };
  expect(await refusals({})).toEqual([
    expect.stringMatching(
      /^orders is not restored from b-\S+: its schema version is 7, and shop:1 \+ orders schema 6 \(r-[0-9a-f]{12}\) ran with 6; take another set, or say schema: '7' if it runs with that, too$/,
    ),
  ]);
  expect(await refusals({ schema: '7' })).toEqual([]);
});

test('a backup of the store alone covers its restore in a plan; without one the plan is refused', async () => {
  const it = await spoilt();
  const drivers = { 'database.backup': it.backup, 'database.restore': it.restore };
  const written = (kind: string, options: object) => ({ kind, options, deadlineMs: 1000, retries: 0 });
  const restore = written('database.restore', { store: 'orders' });
  const backup = written('database.backup', { store: 'orders' });
  const planned = async (steps: readonly ReturnType<typeof written>[]) => {
    const playbook = {
      id: 'shop/service',
      steps,
      verification: { settleMs: 0, phases: [] },
      objectives: { rollbackMs: 1, verificationMs: 1, totalMs: 2 },
      otherwisePlaybook: null,
      communication: null,
    };
    const request = { incident: 'i-7k3f9a', target: shop, playbook, from: null, to: null, at: 0 };
    return planner(drivers, { isDevelopment: () => false }).build(request, never);
  };
  expect((await planned([restore])).refusal).toMatch(
    /^database\.restore replaces orders \(store\), and no backup step before it covers that; /,
  );
  const plan = await planned([backup, restore]);
  expect(plan.refusal).toBeNull();
  expect(plan.plan?.descriptions[0]).toBe('make a backup of orders, and read it back');
});
