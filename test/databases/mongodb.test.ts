import { Readable } from 'node:stream';
import { BSON, type Document } from 'mongodb';
import { expect, test } from 'vitest';
import { mongodbArchivist } from '../../src/backup/archivists/mongodb.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { startFakeMongo, type FakeMongo, type FakeMongoOptions } from '../fakes/mongo/server.ts';
import { dieBetweenCalls, Died } from '../rollback/crashes.ts';
import { dumped } from './dumped.ts';

const never = new AbortController().signal;

const bytesOf = (document: Document): Buffer => Buffer.from(BSON.serialize(document));

function put(fake: FakeMongo, name: string, documents: readonly Document[], more: Document = {}): void {
  const { indexes = [], ...options } = more;
  fake.commands.stand.set(`layra.${name}`, {
    type: 'viewOn' in options ? 'view' : 'collection',
    options,
    indexes,
    documents: documents.map(bytesOf),
  });
}

/** Users with an index, chats of several batches, values that JavaScript has no types for, and a view. */
async function layra(options: FakeMongoOptions = {}) {
  const fake = await startFakeMongo(options);
  const user = {
    _id: 1,
    name: 'Zoë',
    big: BSON.Long.fromString('9007199254740993'),
    whole: new BSON.Double(2),
  };
  put(fake, 'users', [user], {
    validator: { name: { $type: 'string' } },
    indexes: [{ v: 2, key: { name: 1 }, name: 'name_1', unique: true }],
  });
  const chats = Array.from({ length: 250 }, (_, n) => ({ _id: n, said: 'é'.repeat(20), at: new Date(n) }));
  put(fake, 'chats', chats);
  put(fake, 'named', [], { viewOn: 'users', pipeline: [{ $match: { name: { $exists: true } } }] });
  put(fake, 'system.views', [{ _id: 'layra.named' }]);
  const archivist = mongodbArchivist({ shop: fake.store('layra') });
  return { fake, archivist };
}

const counts = { chats: 250, users: 1 };

const restored = (archivist: Archivist, copy: Buffer, scratch: string) =>
  archivist.restoreBeside('shop', Readable.from([copy.subarray(0, 999), copy.subarray(999)]), scratch, never);

/** Everything of the database that is not the server's own, with the number of documents. */
function standOf({ commands }: FakeMongo): Record<string, number> {
  const rows = [...commands.stand].map(([name, { documents }]) => [
    name.slice('layra.'.length),
    documents.length,
  ]);
  return Object.fromEntries(
    rows.filter(([name]) => name !== 'system.views' && name !== 'rollbackd_switches'),
  );
}

function damage(fake: FakeMongo): void {
  put(fake, 'chats', [{ _id: 'wrong' }]);
  put(fake, 'extra', [{ _id: 1 }, { _id: 2 }]);
  fake.commands.stand.delete('layra.named');
  put(fake, 'later', [], { viewOn: 'chats', pipeline: [] });
}

const after = { users: 1, chats: 250, named: 0 };
const before = { users: 1, chats: 1, extra: 2 };
const keptAs = (word: string, rows: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(rows).map(([name, n]) => [`rollbackd_${word}.${name}`, n]));

test('a copy counts its documents, and is of one instant whatever is written meanwhile', async () => {
  const { fake, archivist } = await layra();
  fake.before = (name, { find }) => {
    // By then the chats, which come first, have been asked for.
    if (name === 'find' && find === 'users') put(fake, 'users', []);
  };

  const { facts } = await dumped(archivist);

  expect(facts).toEqual({
    server: 'mongodb 7.0.14',
    tool: null,
    schemaVersion: null,
    source: 'database layra',
    counts,
  });
});

test('what was damaged comes back as it was, and what was in use stays beside', async () => {
  const { fake, archivist } = await layra();
  const whole = new Map(fake.commands.stand);
  const { copy } = await dumped(archivist);
  damage(fake);

  expect((await restored(archivist, copy, 'new')).counts).toEqual(counts);
  expect((await archivist.count?.('shop', never))?.counts).toEqual({ chats: 1, extra: 2, users: 1 });
  expect(await archivist.switched('shop', 'new', 'old', never)).toBe('not_done');
  await archivist.switchTo('shop', 'new', 'old', never);

  expect(await archivist.switched('shop', 'new', 'old', never)).toBe('done');
  expect(standOf(fake)).toEqual({ ...after, ...keptAs('old', before) });
  for (const name of ['layra.users', 'layra.chats', 'layra.named'])
    expect(fake.commands.stand.get(name)).toEqual(whole.get(name));
  expect((await archivist.count?.('shop', never))?.counts).toEqual(counts);
});

test('a switch is undone by a switch back, and what was kept goes', async () => {
  const { fake, archivist } = await layra();
  const { copy } = await dumped(archivist);
  damage(fake);
  await restored(archivist, copy, 'a');
  await archivist.switchTo('shop', 'a', 'b', never);

  await archivist.switchTo('shop', 'b', 'c', never);

  expect(standOf(fake)).toEqual({ ...before, later: 0, ...keptAs('c', { users: 1, chats: 250 }) });
  await archivist.drop('shop', 'c', never);
  await archivist.drop('shop', 'b', never);
  await archivist.drop('shop', 'b', never);
  expect(standOf(fake)).toEqual({ ...before, later: 0 });
  expect(fake.commands.stand.has('layra.rollbackd_switches')).toBe(false);
});

test.each(Array.from({ length: 11 }, (_, index) => index + 1))(
  'killed at call %i of a restoration, a repeat finishes it',
  async (nth) => {
    const { fake, archivist } = await layra();
    const { copy } = await dumped(archivist);
    damage(fake);
    // As a restore names them: one suffix for both.
    const whole = async () => {
      if ((await archivist.switched('shop', 'x-1', 'x-1', never)) === 'not_done')
        await restored(archivist, copy, 'x-1');
      await archivist.switchTo('shop', 'x-1', 'x-1', never);
    };
    dieBetweenCalls(nth);
    await expect(whole()).rejects.toThrow(Died);
    dieBetweenCalls(0);

    await whole();

    expect(await archivist.switched('shop', 'x-1', 'x-1', never)).toBe('done');
    expect(standOf(fake)).toEqual({ ...after, ...keptAs('x_1_old', before) });
  },
);

test('what somebody writes into a collection while it is missing is kept, too', async () => {
  const { fake, archivist } = await layra();
  const { copy } = await dumped(archivist);
  damage(fake);
  await restored(archivist, copy, 'new');
  fake.before = (_name, { renameCollection }) => {
    if (renameCollection === 'layra.chats') fake.before = (next) => late(next);
  };
  const late = (name: string): void => {
    if (name !== 'listCollections') return;
    put(fake, 'chats', [{ _id: 'late' }]);
    fake.before = () => {};
  };

  await archivist.switchTo('shop', 'new', 'old', never);

  expect(standOf(fake)).toEqual({ ...after, ...keptAs('old', before), 'rollbackd_old_late.chats': 1 });
});

test.each([
  ['has no end', (copy: Buffer) => copy.subarray(0, -6)],
  ['breaks off', (copy: Buffer) => copy.subarray(0, -3)],
  ['is no copy of MongoDB', () => Buffer.from('-- a dump of something else altogether')],
  [
    'holds what is no document',
    (copy: Buffer) => Buffer.concat([copy.subarray(0, 20), Buffer.alloc(30, 0xff)]),
  ],
])('a copy that %s is refused', async (problem, spoil) => {
  const { archivist } = await layra();
  const { copy } = await dumped(archivist);

  await expect(restored(archivist, spoil(copy), 'new')).rejects.toMatchObject({
    code: 'BACKUP_INVALID',
    message: `the copy ${problem}`,
  });
});

test('an account logs in, and a wrong password is refused without being told', async () => {
  const { fake, archivist } = await layra({ users: { keeper: 'cat battery' } });
  const known = mongodbArchivist({ shop: fake.store('layra', 'cat battery') });
  const wrong = mongodbArchivist({ shop: fake.store('layra', 'wrong horse') });
  const where = `shop (127.0.0.1:${fake.port}), connect`;

  expect((await dumped(known)).facts.counts).toEqual(counts);
  expect((await wrong.examine('shop', never)).problems).toEqual([`${where}: Authentication failed.`]);
  expect((await archivist.examine('shop', never)).problems).toEqual([
    `${where}: Command buildInfo requires authentication`,
  ]);
});

test('an examination tells the size, what is not copied, and where a copy is not of one instant', async () => {
  const { fake, archivist } = await layra();
  expect(await archivist.examine('shop', never)).toEqual({ problems: [], warnings: [], bytes: 1234 });
  expect(await archivist.room?.('shop', never)).toEqual({ neededBytes: 8192, freeBytes: 9000 });
  fake.commands.stand.set('layra.cpu', { type: 'timeseries', options: {}, indexes: [], documents: [] });
  expect((await archivist.examine('shop', never)).problems).toEqual([
    'shop has time series, which are not copied: cpu',
  ]);

  const alone = await layra({ role: 'standalone' });
  expect(await alone.archivist.examine('shop', never)).toEqual({
    problems: [],
    warnings: [
      'shop is not of a replica set of MongoDB 5.0 or later, so its copy is not of one instant: what is written meanwhile may be half in it; quiesce its writers first',
    ],
    bytes: 1234,
  });
  expect((await dumped(alone.archivist)).facts.counts).toEqual(counts);
});

test('a copy is restored only where it can be written, by a server that can read it', async () => {
  const { archivist } = await layra();
  const { facts } = await dumped(archivist);
  const secondary = (await layra({ role: 'secondary' })).archivist;
  const router = (await layra({ role: 'router' })).archivist;

  expect(await archivist.whyNotHere('shop', facts, never)).toBe(null);
  expect(await archivist.whyNotHere('shop', { ...facts, server: 'mongodb 8.0.1' }, never)).toBe(
    'the copy is of mongodb 8.0.1, and the server is mongodb 7.0.14: too old to read it for certain',
  );
  expect(await secondary.whyNotHere('shop', facts, never)).toBe(
    'shop is a secondary; its url must lead to the primary',
  );
  expect(await router.whyNotHere('shop', facts, never)).toBe(
    'shop is the router of a sharded cluster, of which no consistent copy can be made here',
  );
});
