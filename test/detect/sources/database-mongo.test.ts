import { BSON } from 'mongodb';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/app/clock.ts';
import { httpClient } from '../../../src/clients/http.ts';
import { openRedis } from '../../../src/clients/redis.ts';
import { databaseSource } from '../../../src/detect/sources/database.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { startFakeMongo } from '../../fakes/mongo/server.ts';
import { host, read } from './reading.ts';

const clock = systemClock();

async function mongo() {
  const fake = await startFakeMongo({ users: { keeper: 'cat battery' } });
  const documents = [1, 2, 3].map((_id) => Buffer.from(BSON.serialize({ _id })));
  fake.commands.stand.set('layra.conversations', { type: 'collection', options: {}, indexes: [], documents });
  const asking = async (question: object, password = 'cat battery') => {
    const store = { ...fake.store('layra', 'cat battery'), password: new Secret(password) };
    const http = httpClient({ clock });
    const source = databaseSource({ stores: { db: store }, http, redis: openRedis, hostRoot: '/', clock });
    return (await read(source, { store: 'db', ...question }, host))['host:alpha'];
  };
  return { asking, name: fake.store('layra').name };
}

test('a MongoDB answers, and its documents are counted', async () => {
  const { asking, name } = await mongo();
  expect(await asking({ ping: true })).toBe(`passed: ${name} answers`);
  expect(await asking({ collection: 'conversations' })).toBe(`3: ${name} answered 3`);
  expect(await asking({ collection: 'nobody' })).toBe(`0: ${name} answered 0`);
});

test('a MongoDB is asked nothing else, and a wrong password is an error that does not say it', async () => {
  const { asking, name } = await mongo();
  expect(await asking({ query: 'SELECT 1' })).toBe(
    `error: ${name} is a mongodb: ask it with ping or collection, not query`,
  );
  const refused = await asking({ ping: true }, 'hunter2hunter2');
  expect(refused).toMatch(/^error: /);
  expect(refused).not.toContain('hunter2');
});
