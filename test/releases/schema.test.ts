import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { readSchemaVersion } from '../../src/clients/databases/schema-version.ts';
import type { SqliteStore } from '../../src/domain/data-store.ts';
import { nameRelease, schemaComponent, type Component } from '../../src/domain/release.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { schemaObserver } from '../../src/releases/observers/schema.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { aDirectory } from '../rollback/a-directory.ts';
import { config, image, target, watching } from './fixtures.ts';

const watched = { schemaOf: ['shop_db'] };
const schema = (version: number): Component => schemaComponent('shop_db', String(version));
const quiet = new AbortController().signal;

/** Release 1 with schema 42, proven good. */
function shop() {
  const w = watching(watched);
  w.see([image(1), config], { healthy: true }, 'container');
  w.see([schema(42)], {}, 'schema');
  bake(w);
  w.wait(10 * MINUTE);
  w.see([image(1), config], { healthy: true }, 'container');
  return w;
}

/** Ten untroubled minutes. */
function bake(w: ReturnType<typeof watching>): void {
  w.keep(w.releases().bake('shop', w.now(), true));
  w.bakeFor(10 * MINUTE);
}

function named(w: ReturnType<typeof shop>): string {
  const current = w.current();
  return current === null ? 'none' : nameRelease(current).replace(/ \(r-.*/, '');
}

test('what runs is the image together with the schema', () => {
  const w = shop();

  expect(named(w)).toBe('shop:1 + shop_db schema 42');
  expect(w.current()?.standing).toBe('good');
  expect(w.events).toEqual(['changed', 'became_good']);
});

test('a schema that changes within two minutes of a deployment is one release with it', () => {
  const w = shop();
  const first = w.current()?.id;
  w.see([image(2), config], { healthy: true }, 'container');
  w.wait(90 * SECOND);
  w.see([schema(43)], {}, 'schema');

  expect(named(w)).toBe('shop:2 + shop_db schema 43');
  expect(w.candidate()).toBe('shop:1');
  const between = w.releases().list('shop')[1];
  expect(between?.because).toBe(`seen on the way to ${w.current()?.id ?? ''}`);
  expect(w.releases().arrival('shop')?.release).toBe(w.current()?.id);
  expect(first).not.toBe(w.current()?.id);
});

test('a migration that goes ahead of its deployment is one release with it, too', () => {
  const w = shop();
  w.see([schema(43)], {}, 'schema');
  w.wait(100 * SECOND);
  w.see([image(2), config], { healthy: true }, 'container');

  expect(named(w)).toBe('shop:2 + shop_db schema 43');
  expect(w.candidate()).toBe('shop:1');
});

test('a schema that changes later is a release of its own', () => {
  const w = shop();
  w.see([image(2), config], { healthy: true }, 'container');
  bake(w);
  w.see([schema(43)], {}, 'schema');

  expect(named(w)).toBe('shop:2 + shop_db schema 43');
  expect(w.current()?.standing).toBe('unproven');
  expect(w.candidate()).toBe('shop:2');
});

test('a schema that could not be read at first makes no new release once it can', () => {
  const w = watching(watched);
  w.see([image(1), config], { healthy: true }, 'container');
  expect(w.current()).toBeNull();
  w.wait(2 * MINUTE);
  w.see([image(1), config], { healthy: true }, 'container');
  expect(named(w)).toBe('shop:1');
  bake(w);
  const { since } = w.releases().serving('shop') ?? {};
  const events = [...w.events];
  w.see([schema(42)], {}, 'schema');

  expect(named(w)).toBe('shop:1 + shop_db schema 42');
  expect(w.current()?.standing).toBe('good');
  expect(w.releases().serving('shop')?.since).toBe(since);
  expect(w.events).toEqual(events);
  expect(w.journal.at(-1)).toMatch(
    /^shop: what runs is shop:1 \+ shop_db schema 42 \(r-\w+\), now that its schema is known; nothing arrived$/,
  );
  expect(w.candidate()).toBe('no other release of shop has run here and been proven good');
});

test('what was learnt before a restart stays, whether the database can be read again or not', () => {
  const w = shop();
  w.restart();
  w.see([image(1), config], { healthy: true }, 'container');

  expect(named(w)).toBe('shop:1 + shop_db schema 42');
  expect(w.events).toEqual(['changed', 'became_good']);
});

test('a schema that is not watched any more is let go of, and nothing arrived', () => {
  const w = shop();
  w.releases().configure({ shop: target() });
  w.see([image(1), config], { healthy: true }, 'container');

  expect(named(w)).toBe('shop:1');
  expect(w.current()?.standing).toBe('good');
  expect(w.events).toEqual(['changed', 'became_good']);
});

function aSchema(version: string | null, query = 'SELECT max(version) FROM migrations'): SqliteStore {
  const path = join(aDirectory(), 'shop.db');
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  database.exec('CREATE TABLE migrations (version TEXT)');
  if (version !== null) database.prepare('INSERT INTO migrations VALUES (?)').run(version);
  return { kind: 'sqlite', name: 'shop_db', path, schemaQuery: query };
}

function observing(store: SqliteStore, clock = new SimulatedClock()) {
  return schemaObserver({ clock, versionOf: (_name, signal) => readSchemaVersion(store, '/', signal) });
}

test('the version is what the query of the store answers', async () => {
  const observer = observing(aSchema('20260105'));

  expect(observer.sees(target())).toBe(false);
  expect(observer.sees(target(watched))).toBe(true);
  expect((await observer.look(target(watched), quiet)).components).toEqual([
    { kind: 'schema', value: 'shop_db=20260105', label: 'shop_db schema 20260105' },
  ]);
});

test.each([
  ['no row', aSchemaWithout],
  ['a text that is no version', () => aSchema('two words\u0000')],
])('%s is no version, and the look fails', async (_name, store) => {
  await expect(observing(store()).look(target(watched), quiet)).rejects.toMatchObject({
    code: 'ANSWER_INVALID',
    message: expect.stringMatching(/^the query for the schema of shop_db answered no version/) as string,
  });
});

function aSchemaWithout(): SqliteStore {
  return aSchema(null);
}

test('a query that changes something is refused by the database', async () => {
  const store = aSchema('1', 'DELETE FROM migrations');

  await expect(observing(store).look(target(watched), quiet)).rejects.toMatchObject({ code: 'REFUSED' });
  expect(await readSchemaVersion({ ...store, schemaQuery: 'SELECT 7' }, '/', quiet)).toBe('7');
});

test('a database that does not answer is given up on', async () => {
  const clock = new SimulatedClock();
  const observer = schemaObserver({ clock, versionOf: () => new Promise(() => {}) });
  const look = observer.look(target(watched), quiet);
  const failed = expect(look).rejects.toThrow('shop_db did not tell its schema within 10s');
  await clock.advance(10 * SECOND);
  await failed;
});
