import { expect, test } from 'vitest';
import type { BackedUp, BackupSet } from '../../src/domain/backup.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import { chooseSet, type Sets } from '../../src/domain/set-choice.ts';

const orders = { kind: 'store', name: 'orders' } as const;
const conf = { kind: 'files', name: '/conf' } as const;

function aSet(id: string, madeAt: number, more: Partial<BackupSet> = {}): BackupSet {
  const part = { file: 'f', bytes: 1, sha256: '', plainBytes: 1, plainSha256: '' };
  const facts = { server: null, tool: null, schemaVersion: null, counts: {} };
  return {
    version: 1,
    id,
    recipe: 'shop',
    target: null,
    incident: null,
    release: null,
    key: null,
    madeAt,
    tookMs: 1,
    by: '0.1.0',
    encrypted: false,
    parts: [orders, conf].map((thing) => ({ ...thing, ...part, facts })),
    ...more,
  };
}

const sets = [
  aSet('b-nightly', 50),
  aSet('b-own', 40, { incident: 'i-now' }),
  aSet('b-by-hand', 30),
  aSet('b-earlier', 25, { incident: 'i-earlier' }),
  aSet('b-before', 10),
  aSet('b-torn', 5),
];
const verified = sets.filter(({ id }) => id !== 'b-torn');

interface Asked {
  readonly incident: string | null;
  readonly things: readonly BackedUp[];
  readonly of: readonly BackupSet[];
  readonly began: number | null;
}

/** The id of what is chosen, or why nothing is. */
async function chosen(
  from: string,
  { incident = 'i-now', things = [orders], of = verified, began = 20 }: Partial<Asked> = {},
): Promise<string> {
  const backups: Sets = {
    verified: () => Promise.resolve(of),
    find: (id) => Promise.resolve(sets.find((set) => set.id === id) ?? null),
    began: () => began,
  };
  try {
    return (await chooseSet(backups, { from, incident, things })).id;
  } catch (error) {
    return error instanceof RollbackError ? `${error.code}: ${error.message}` : String(error);
  }
}

test('newest is older than the sets of the incident, and no incident made it', async () => {
  expect(await chosen('newest')).toBe('b-by-hand');
  expect(await chosen('newest', { of: verified.filter(({ id }) => id !== 'b-own') })).toBe('b-nightly');
  expect(await chosen('newest', { incident: null })).toBe('b-nightly');
  expect(await chosen('newest', { of: sets.filter(({ incident }) => incident !== null) })).toBe(
    'NOT_FOUND: no backup set that was read back, and that no incident made, holds orders (store) from before those of i-now',
  );
});

test('before_incident was made before the incident began, and no incident made it', async () => {
  expect(await chosen('before_incident')).toBe('b-before');
  expect(await chosen('before_incident', { began: 27 })).toBe('b-before');
  expect(await chosen('before_incident', { began: 10 })).toBe(
    'NOT_FOUND: no backup set that was read back, and that no incident made, holds orders (store) from before i-now began at 1970-01-01T00:00Z',
  );
  expect(await chosen('before_incident', { began: null })).toBe(
    'REFUSED: when i-now began is not known; name the set by its id',
  );
});

test('incident is the set that was made for it, and has no meaning without one', async () => {
  expect(await chosen('incident')).toBe('b-own');
  expect(await chosen('incident', { incident: 'i-other' })).toBe(
    'NOT_FOUND: there is no backup set of i-other that was read back and holds orders (store)',
  );
  for (const word of ['incident', 'before_incident'])
    expect(await chosen(word, { incident: null })).toBe(
      'REFUSED: there is no incident here whose set could be meant; say newest, or the id of a set',
    );
});

test('a set that is named may be of any incident; it must be there, read back, and hold everything', async () => {
  expect(await chosen('b-earlier')).toBe('b-earlier');
  expect(await chosen('b-none')).toBe(
    'NOT_FOUND: there is no backup set b-none; `rollbackd backup list` lists them',
  );
  expect(await chosen('b-torn')).toBe(
    'BACKUP_INVALID: b-torn did not read back the last time; `rollbackd backup verify b-torn` says what is wrong with it',
  );
  const things = [orders, { kind: 'store', name: 'carts' } as const];
  expect(await chosen('b-before', { things })).toBe('NOT_FOUND: b-before holds no carts (store)');
});

test('a set that holds only some of what is wanted is passed over', async () => {
  const partial = aSet('b-partial', 35, { parts: verified[0]?.parts.slice(0, 1) ?? [] });
  const of = [verified[1], partial, ...verified.slice(2)].filter((set) => set !== undefined);
  expect(await chosen('newest', { of })).toBe('b-partial');
  const inside = { kind: 'files', name: '/conf/app.env' } as const;
  expect(await chosen('newest', { of, things: [orders, inside] })).toBe('b-by-hand');
});
