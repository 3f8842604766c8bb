import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../src/domain/ports/store.ts';
import { openSqliteStore, refuseNetworkFileSystem, type SqliteOptions } from '../../src/store/sqlite/open.ts';
import { applySettings, refuseOldSqlite, valueOf } from '../../src/store/sqlite/settings.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { startChild } from './child.ts';
import { folder } from './folder.ts';
import { entry } from './samples.ts';

async function open(path: string, more: Partial<SqliteOptions> = {}): Promise<Store> {
  const store = await openSqliteStore({ path, clock: new SimulatedClock(), ...more });
  onTestFinished(() => store.close());
  return store;
}

describe('one daemon a store file', () => {
  test('a second process is refused while the first lives, and let in after kill -9', async () => {
    const path = join(folder(), 'rollbackd.db');
    const holder = startChild('hold-store', path);
    expect(await holder.lines(1)).toEqual(['open 1']);

    await expect(open(path)).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message:
        `Could not open the store ${path}: another rollbackd has it open (it holds ${path}.lock). ` +
        'Stop that daemon, or give this one a store of its own.',
    });

    await holder.kill();
    expect((await open(path)).epoch).toBe(2);
  });

  test('a second opening in the same process is refused, and does not loosen the lock for others', async () => {
    const path = join(folder(), 'rollbackd.db');
    await open(path);

    await expect(open(path)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    expect(await startChild('hold-store', path).lines(1)).toEqual(['STORE_LOCKED']);
  });

  test('a store reached by another name is the same store', async () => {
    const directory = folder();
    await open(join(directory, 'rollbackd.db'));
    symlinkSync(join(directory, 'rollbackd.db'), join(directory, 'other.db'));
    symlinkSync(directory, join(directory, 'loop'));

    await expect(open(join(directory, 'other.db'))).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await expect(open(join(directory, 'loop', 'rollbackd.db'))).rejects.toMatchObject({
      code: 'STORE_LOCKED',
    });
  });

  test('closing gives the lock back', async () => {
    const path = join(folder(), 'rollbackd.db');
    await (await open(path)).close();

    expect((await open(path)).epoch).toBe(2);
  });

  test('a failed opening gives the lock back', async () => {
    const path = join(folder(), 'rollbackd.db');
    await (await open(path)).close();
    await expect(open(path, { migrations: [] })).rejects.toMatchObject({ code: 'STORE_NEWER' });

    expect((await open(path)).epoch).toBe(2);
  });

  test('should the lock fail, the earlier daemon is fenced by the epoch of the later one', async () => {
    const path = join(folder(), 'rollbackd.db');
    const store = await open(path);
    const intruder = new DatabaseSync(path);
    intruder.exec(`UPDATE meta SET value = value + 1 WHERE key = 'epoch'`);
    intruder.close();

    await expect(store.commit({ entries: [entry(1)] })).rejects.toMatchObject({
      code: 'STORE_CONFLICT',
      message: `Could not commit in the store ${path}: another rollbackd has opened it since. Stop one of the two.`,
    });
    expect((await store.head()).seq).toBe(0);
  });
});

describe('what the store rests on', () => {
  test('a write-ahead log, full synchronisation and a busy timeout are set and read back', () => {
    const database = new DatabaseSync(join(folder(), 'rollbackd.db'));
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 0');

    applySettings(database, 'rollbackd.db');

    expect(valueOf(database, 'PRAGMA journal_mode')).toBe('wal');
    expect(valueOf(database, 'PRAGMA synchronous')).toBe(2);
    expect(valueOf(database, 'PRAGMA busy_timeout')).toBe(5_000);
    database.close();
  });

  test('a setting that does not take is refused', () => {
    const database = new DatabaseSync(':memory:');

    expect(() => applySettings(database, '/mnt/rollbackd.db')).toThrow(
      'Could not open the store /mnt/rollbackd.db: SQLite keeps journal_mode at memory, not wal. ' +
        'Put the file on a local disk with a file system that supports it.',
    );
    database.close();
  });

  test('a SQLite with the write-ahead log bug is refused', () => {
    expect(() => refuseOldSqlite('3.51.2')).toThrow(
      'Could not use SQLite 3.51.2: versions before 3.51.3 can corrupt the store. Use a newer Node.',
    );
    expect(() => refuseOldSqlite('3.9.9')).toThrow('Could not use SQLite 3.9.9');
    expect(() => refuseOldSqlite('3.51.3')).not.toThrow();
    expect(() => refuseOldSqlite('4.0.0')).not.toThrow();
  });

  test('network file systems are refused, local ones are not', () => {
    expect(() => refuseNetworkFileSystem('/mnt/rollbackd.db', 0x6969)).toThrow(
      'Could not open the store /mnt/rollbackd.db: it is on a network file system, which keeps no reliable locks. ' +
        'Put it on a local disk.',
    );
    expect(() => refuseNetworkFileSystem('/mnt/rollbackd.db', 0xff534d42 | 0)).toThrow('network file system');
    expect(() => refuseNetworkFileSystem('/var/rollbackd.db', 0xef53)).not.toThrow();
  });

  test('only the owner can read the files', async () => {
    const path = join(folder(), 'rollbackd.db');
    await open(path);

    for (const file of [path, `${path}-wal`, `${path}.lock`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('files that are no store', () => {
  test('a missing directory', async () => {
    const path = join(folder(), 'missing', 'rollbackd.db');

    await expect(open(path)).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringMatching(
        /^Could not open the store .*rollbackd\.db: ENOENT.*\. Make its directory, or change `store`\.$/,
      ) as string,
    });
  });

  test('a directory in its place', async () => {
    const path = join(folder(), 'rollbackd.db');
    mkdirSync(path);

    await expect(open(path)).rejects.toMatchObject({ code: 'STORE_UNUSABLE' });
  });

  test('a file that is not SQLite is left as it is', async () => {
    const path = join(folder(), 'rollbackd.db');
    writeFileSync(path, 'not a database, but long enough to be read as one'.repeat(100));

    await expect(open(path)).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message:
        `Could not prepare everything in the store ${path}: file is not a database. ` +
        'This is not a SQLite file: check the path of `store`.',
    });
    expect(statSync(path).size).toBe(4_900);
  });

  test('a SQLite file of another program is left as it is', async () => {
    const path = join(folder(), 'rollbackd.db');
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE notes (text TEXT)');
    other.close();

    await expect(open(path)).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: `Could not open the store ${path}: it is a SQLite file of another program. Check the path of \`store\`.`,
    });
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test('a damaged page is said when it is met', async () => {
    const path = join(folder(), 'rollbackd.db');
    const store = await open(path);
    await store.commit({ entries: [entry(1, { message: 'x'.repeat(50_000) })] });
    await store.close();
    const bytes = Buffer.alloc(statSync(path).size - 4_096, 0xff);
    writeFileSync(path, bytes, { flag: 'r+', flush: true });

    await expect(open(path)).rejects.toMatchObject({ code: 'STORE_UNUSABLE' });
  });
});

describe('a full disk', () => {
  test('refuses the commit whole and keeps what was there', async () => {
    const path = join(folder(), 'rollbackd.db');
    const store = await open(path, { maxPages: 80 });
    await store.commit({ entries: [entry(1)], controls: [{ key: 'halt', value: 'before' }] });

    const large = store.commit({
      controls: [{ key: 'halt', value: 'after' }],
      entries: [entry(2, { message: 'x'.repeat(500_000) })],
    });

    await expect(large).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: `Could not commit in the store ${path}: database or disk is full. The disk is full: free some space.`,
    });
    expect((await store.load()).controls).toEqual([{ key: 'halt', value: 'before' }]);
    await store.commit({ entries: [entry(2)] });
    expect(await store.verifyJournal()).toBeNull();
  });
});
