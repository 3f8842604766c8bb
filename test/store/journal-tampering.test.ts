import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { longestSegment } from '../../src/store/sqlite/journal.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { entry } from './samples.ts';

/** Six entries: a pruned day, a sealed day, and the day that is still open, two entries each. */
const count = 6;
const directory = mkdtempSync(join(tmpdir(), 'rollbackd-journal-'));
const original = join(directory, 'original.db');
let copies = 0;

beforeAll(async () => {
  const store = await openSqliteStore({ path: original, clock: new SimulatedClock() });
  for (const day of [0, 1, 2]) {
    const at = start + day * DAY;
    await store.commit({ entries: [entry(day, { at }), entry(day, { at: at + HOUR, incident: null })] });
  }
  await store.prune({ incidents: start + DAY, readings: 0, inbox: 0 });
  await store.close();
  return () => rmSync(directory, { recursive: true });
});

/** What verification says of a copy of the store after somebody with access to the file was at it. */
async function verifyAfter(...statements: string[]): Promise<string | null> {
  const path = join(directory, `copy-${copies++}.db`);
  copyFileSync(original, path);
  const database = new DatabaseSync(path);
  const triggers = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${String(name)}`);
  for (const statement of statements) database.exec(statement);
  database.close();
  const store = await openSqliteStore({ path, clock: new SimulatedClock() });
  const said = await store.verifyJournal();
  await store.close();
  return said;
}

describe('an untouched journal', () => {
  test('verifies, also across a pruned segment', async () => {
    expect(await verifyAfter()).toBeNull();
  });
});

describe('every column of every entry', () => {
  const edits: Readonly<Record<string, string>> = {
    at: 'at + 1',
    incident: `'i-666'`,
    target: `'other'`,
    type: `type || 'x'`,
    message: `replace(message, 'fact', 'fiction')`,
    facts: `json_set(facts, '$.count', 99)`,
    previous_hash: `'${'f'.repeat(64)}'`,
    hash: `'${'f'.repeat(64)}'`,
  };
  const rows = [3, 4, 5, 6];

  test.each(rows.flatMap((seq) => Object.entries(edits).map(([column, value]) => ({ seq, column, value }))))(
    'a change of $column in entry $seq is found',
    async ({ seq, column, value }) => {
      const said = await verifyAfter(`UPDATE journal SET ${column} = ${value} WHERE seq = ${seq}`);

      const verb =
        column === 'previous_hash'
          ? 'does not follow the entry before it'
          : 'was changed after it was written';
      expect(said).toBe(`entry ${seq} ${verb}`);
    },
  );

  test.each([
    ['white space in facts', `UPDATE journal SET facts = ' ' || facts WHERE seq = 4`],
    ['facts that are no JSON', `UPDATE journal SET facts = 'gone' WHERE seq = 4`],
    ['an incident that is taken away', `UPDATE journal SET incident = NULL WHERE seq = 5`],
  ])('%s', async (_, statement) => {
    expect(await verifyAfter(statement)).toMatch(/^entry [45] was changed after it was written$/);
  });

  test.each(rows.slice(0, -1))('a new number for entry %d is found', async (seq) => {
    expect(await verifyAfter(`UPDATE journal SET seq = 100 WHERE seq = ${seq}`)).toBe(
      `entry 100 lies beyond the head, which is entry ${count}`,
    );
  });
});

describe('entries that are taken away, moved or added', () => {
  test.each([3, 4, 5])('a removed entry %d is found', async (seq) => {
    expect(await verifyAfter(`DELETE FROM journal WHERE seq = ${seq}`)).toBe(`entry ${seq} is missing`);
  });

  test('a tail that was cut off is found against the head', async () => {
    expect(await verifyAfter('DELETE FROM journal WHERE seq = 6')).toBe(
      'the journal ends at entry 5, its head is entry 6',
    );
    expect(await verifyAfter('DELETE FROM journal')).toBe('the journal ends at entry 2, its head is entry 6');
  });

  test('a piece cut out of the middle is found', async () => {
    expect(await verifyAfter('DELETE FROM journal WHERE seq IN (4, 5)')).toBe('entry 4 is missing');
  });

  test.each([3, 4, 5])('entries %d and the one behind it, exchanged, are found', async (seq) => {
    const said = await verifyAfter(
      `UPDATE journal SET seq = -1 WHERE seq = ${seq}`,
      `UPDATE journal SET seq = ${seq} WHERE seq = ${seq + 1}`,
      `UPDATE journal SET seq = ${seq + 1} WHERE seq = -1`,
    );

    expect(said).toBe(`entry ${seq} does not follow the entry before it`);
  });

  test.each([0, 7])('an added entry %d is found', async (seq) => {
    const said = await verifyAfter(
      `INSERT INTO journal SELECT ${seq}, at, incident, target, type, message, facts, previous_hash, hash
       FROM journal WHERE seq = 6`,
    );

    expect(said).toBe(`entry ${seq} lies beyond the head, which is entry 6`);
  });

  test('an entry put back into a pruned segment is found', async () => {
    const said = await verifyAfter(
      `INSERT INTO journal SELECT 2, at, incident, target, type, message, facts, previous_hash, hash
       FROM journal WHERE seq = 6`,
    );

    expect(said).toBe('the segment that begins at entry 1 was changed');
  });
});

describe('the head and the segments', () => {
  test.each([
    ['seq', '5', 'entry 6 lies beyond the head, which is entry 5'],
    ['seq', '9', 'the journal ends at entry 6, its head is entry 9'],
    ['hash', `'f'`, 'the head does not match entry 6'],
    ['segment_seq', '4', 'the head does not match the segment that is still open'],
    ['segment_at', '4', 'the head does not match the segment that is still open'],
    ['segment_hash', `'f'`, 'the head does not match the segment that is still open'],
  ])('a change of %s in the head is found', async (column, value, expected) => {
    expect(await verifyAfter(`UPDATE journal_head SET ${column} = ${value}`)).toBe(expected);
  });

  test('a head that was taken away is found', async () => {
    expect(await verifyAfter('DELETE FROM journal_head')).toBe(
      'entry 3 lies beyond the head, which is entry 0',
    );
  });

  test.each([
    [1, 'first_seq', '0'],
    [1, 'last_seq', '1'],
    [1, 'previous_hash', `'f'`],
    [1, 'last_hash', `'f'`],
    [1, 'pruned_at', 'NULL'],
    [3, 'first_seq', '4'],
    [3, 'last_seq', '5'],
    [3, 'last_at', '0'],
    [3, 'previous_hash', `'f'`],
    [3, 'last_hash', `'f'`],
    [3, 'pruned_at', '1'],
  ])('a change in the segment that begins at entry %d, of %s, is found', async (first, column, value) => {
    const said = await verifyAfter(
      `UPDATE journal_segments SET ${column} = ${value} WHERE first_seq = ${first}`,
    );

    expect(said).toMatch(/^(entry \d|the segment that begins at entry \d|the head) /);
  });
});

describe('append-only', () => {
  test.each([
    `UPDATE journal SET message = 'x' WHERE seq = 4`,
    'DELETE FROM journal WHERE seq = 4',
    `INSERT OR REPLACE INTO journal SELECT seq, at, incident, target, type, 'x', facts, previous_hash, hash
       FROM journal WHERE seq = 4`,
    'DELETE FROM journal_segments',
    `UPDATE journal_segments SET last_hash = 'x'`,
  ])('the database itself refuses: %s', (statement) => {
    const path = join(directory, `copy-${copies++}.db`);
    copyFileSync(original, path);
    const database = new DatabaseSync(path);

    expect(() => database.exec(statement)).toThrow('the journal is append-only');
    database.close();
  });
});

describe('segments', () => {
  test('are cut when they are long, and may then be pruned', async () => {
    const store = await openSqliteStore({ path: ':memory:', clock: new SimulatedClock() });
    const entries = Array.from({ length: longestSegment + 1 }, (_, n) => entry(n));
    await store.commit({ entries: entries.slice(0, 10) });
    await store.commit({ entries: entries.slice(10) });

    expect(await store.verifyJournal()).toBeNull();
    expect((await store.prune({ incidents: start + DAY, readings: 0, inbox: 0 })).entries).toBe(
      longestSegment,
    );
    expect((await store.entries({ limit: 9 })).map(({ seq }) => seq)).toEqual([longestSegment + 1]);
    expect(await store.verifyJournal()).toBeNull();
    await store.close();
  });
});
