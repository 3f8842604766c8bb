import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BSON, type Document } from 'mongodb';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { databaseTools } from '../../src/clients/databases/tools.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import { databaseRevertDriver } from '../../src/rollback/drivers/database-revert.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { startFakeMongo } from '../fakes/mongo/server.ts';
import { aDirectory } from '../rollback/a-directory.ts';
import { aStep, never, opId } from '../rollback/a-step.ts';
import { dieBetweenCalls, Died } from '../rollback/crashes.ts';
import { lives } from './some-store.ts';

/** Takes the index of migration 8 back, and the migration out of the list. */
const down = JSON.stringify([
  { dropIndexes: 'users', index: 'mail_1' },
  { delete: 'migrations', deletes: [{ q: { _id: 8 }, limit: 1 }] },
]);

/** A database at schema 8, with an index that schema 7 does not have, and a script. */
async function atSchema8(script = down) {
  const fake = await startFakeMongo();
  const put = (name: string, documents: readonly Document[], indexes: Document[] = []): void => {
    const stored = documents.map((document) => Buffer.from(BSON.serialize(document)));
    fake.commands.stand.set(`layra.${name}`, { type: 'collection', options: {}, indexes, documents: stored });
  };
  put('migrations', [
    { _id: 7, version: 7 },
    { _id: 8, version: 8 },
  ]);
  put('users', [{ _id: 1 }], [{ v: 2, key: { mail: 1 }, name: 'mail_1' }]);
  const root = aDirectory();
  const path = join(root, 'down.json');
  writeFileSync(path, script);
  const stateDir = aDirectory();
  const open = () =>
    databaseRevertDriver({
      backups: null,
      isDevelopment: () => true,
      stores: { layra: { ...fake.store('layra'), schemaQuery: 'migrations.version' } },
      files: { hostRoot: '/', roots: [root] },
      records: effectRecords(stateDir, new SimulatedClock()),
      tools: databaseTools({ clock: systemClock(), stateDir }),
    });
  const options = open().options.parse({ store: 'layra', script: path, from: 8, expect: 7 });
  const indexes = () => fake.commands.stand.get('layra.users')?.indexes.map(({ name }) => String(name));
  return { fake, open, path, step: aStep('database.revert', options), indexes };
}

test('a list of commands takes a migration of MongoDB back, once', async () => {
  const { open, step, indexes } = await atSchema8();

  expect(await open().preflight(step, await open().read(step, never), never)).toEqual([
    {
      level: 'warn',
      message:
        'the server of layra takes back nothing of a script that fails halfway: what it did stays, and a person decides',
    },
  ]);
  const outcome = await open().apply(step, opId, never);

  expect(outcome.detail).toMatch(/^the schema of shop went from version 8 back to 7 by a script \(sha256 /);
  expect(indexes()).toEqual([]);
  expect(await open().probe(step, opId, never)).toBe('done');
  expect(await open().apply(step, `${opId}1`, never)).toMatchObject({
    ended: 'failed',
    detail: 'the schema of shop has version 7, and the script is for 8; nothing was changed',
  });
});

test('a script that is no list of commands is refused before anything happens', async () => {
  for (const [script, why] of [
    ['db.users.drop()', /^the script is not Extended JSON: /],
    ['{"drop": "users"}', /^the script is not a list of commands: expected /],
    ['[]', /^the script is not a list of commands: expected /],
  ] as const) {
    const { open, step, indexes } = await atSchema8(script);
    const [finding] = await open().preflight(step, await open().read(step, never), never);
    expect(finding).toEqual({ level: 'refuse', message: expect.stringMatching(why) });
    expect(indexes()).toEqual(['mail_1']);
  }
});

test('a command that the server refuses leaves what was before it, and a person decides', async () => {
  const { open, step, indexes } = await atSchema8(
    JSON.stringify([{ dropIndexes: 'users', index: 'mail_1' }, { noSuchCommand: 1 }]),
  );

  await expect(open().apply(step, opId, never)).rejects.toMatchObject({
    code: 'EFFECT_UNKNOWN',
    message: expect.stringMatching(/what the script did before that stays$/),
  });

  expect(indexes()).toEqual([]);
  expect(await open().probe(step, opId, never)).toBe('unknown');
});

test('killed between two commands, nobody can tell; killed behind the last, it is done', async () => {
  for (const [nth, then] of [
    [1, 'unknown'],
    [2, 'unknown'],
    [3, 'done'],
  ] as const) {
    const { open, step } = await atSchema8();
    dieBetweenCalls(nth);
    await expect(open().apply(step, opId, never)).rejects.toBeInstanceOf(Died);
    lives();
    expect(await open().probe(step, opId, never)).toBe(then);
  }
});
