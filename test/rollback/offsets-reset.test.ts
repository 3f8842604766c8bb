import { Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { kafkaArchivist } from '../../src/backup/archivists/kafka.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import { openKafka } from '../../src/clients/kafka/kafka.ts';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import type { KafkaStore } from '../../src/domain/data-store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { offsetsResetDriver } from '../../src/rollback/drivers/offsets-reset.ts';
import { someBackups, nobody } from '../backup/some-backups.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { kafkaBroker, type Held } from '../fakes/kafka/broker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { aStep, never, opId } from './a-step.ts';
import { Died, dieBetweenCalls } from './crashes.ts';

const login = { user: 'rollbackd', password: 'kafka-secret-0815' };

/** A group that has read two partitions to their ends, and one that is reading. */
async function aCluster() {
  const held: Held = {
    topics: {
      orders: [
        { log: [5, 6, 7, 8].map((offset) => ({ offset, at: offset * 1000 })), next: 9 },
        { log: [], next: 3 },
      ],
    },
    groups: {
      billing: { members: [], offsets: { 'orders/0': 9, 'orders/1': 3 } },
      mailing: { members: ['worker'], offsets: { 'orders/0': 9 } },
    },
  };
  const broker = await kafkaBroker(held, login);
  const store: KafkaStore = {
    kind: 'kafka',
    name: 'events',
    brokers: [broker.address],
    tls: false,
    user: login.user,
    password: new Secret(login.password),
    mechanism: 'PLAIN',
  };
  const driver = (change: Partial<Parameters<typeof offsetsResetDriver>[0]> = {}) =>
    offsetsResetDriver({
      stores: { events: store },
      open: openKafka,
      backups: null,
      records: effectRecords(temporaryFolder('rd-records'), new SimulatedClock()),
      ...change,
    });
  const archivist = kafkaArchivist({ stores: { events: store }, open: openKafka });
  return { held, broker, store, driver, archivist };
}

const step = (options: object) =>
  aStep('offsets.reset', { store: 'events', group: 'billing', topics: ['orders'], ...options });

async function said(driver: ReturnType<typeof offsetsResetDriver>, options: object) {
  const asked = step(options);
  const facts = await driver.read(asked, never);
  const [refusal] = await driver.preflight(asked, facts, never);
  return refusal?.message ?? driver.describe(asked, facts);
}

test('a dry run names every partition, from where to where, and changes nothing', async () => {
  const { driver, broker } = await aCluster();
  const it = driver();
  const start = 'reset the offsets of billing in events to';
  expect(await said(it, { to: 'earliest' })).toBe(`${start} earliest: orders/0: 9 → 5`);
  expect(await said(it, { to: 'latest' })).toBe(`${start} latest: nothing to change`);
  expect(await said(it, { to: '1970-01-01T00:00:06.500Z' })).toBe(
    `${start} 1970-01-01T00:00:06.500Z: orders/0: 9 → 7`,
  );
  expect(broker.commits).toEqual([]);
});

test('a group goes to where it was told, reads back, and is put back when undone', async () => {
  const { driver, held } = await aCluster();
  const it = driver();
  const back = step({ to: '1970-01-01T00:00:06.500Z' });
  expect(await it.probe(back, opId, never)).toBe('not_done');
  expect(await it.apply(back, opId, never)).toEqual({
    ended: 'done',
    detail: 'billing set to orders/0: 9 → 7',
  });
  expect(held.groups['billing']?.offsets).toEqual({ 'orders/0': 7, 'orders/1': 3 });
  expect(await it.probe(back, opId, never)).toBe('done');
  expect(await it.undo?.(back, opId, never)).toEqual({
    ended: 'done',
    detail: 'billing: 1 partitions are where they were',
  });
  expect(held.groups['billing']?.offsets).toEqual({ 'orders/0': 9, 'orders/1': 3 });
});

test('what the group has read since is not undone', async () => {
  const { driver, held } = await aCluster();
  const it = driver();
  const back = step({ to: 'earliest' });
  await it.apply(back, opId, never);
  held.groups['billing']!.offsets['orders/0'] = 6;
  expect(await it.undo?.(back, opId, never)).toEqual({
    ended: 'failed',
    detail:
      'billing: 0 partitions are where they were; 1 were moved since, or had no offset before, and are left as they are',
    retryable: false,
  });
  expect(held.groups['billing']?.offsets['orders/0']).toBe(6);
});

test('wherever the daemon dies, the next run finishes it', async () => {
  const points: number[] = [];
  for (let nth = 1; nth < 10; nth += 1) {
    const { driver, held } = await aCluster();
    const it = driver();
    const back = step({ to: 'earliest' });
    dieBetweenCalls(nth);
    const died = await it.apply(back, opId, never).catch((error: unknown) => error);
    onCrashPoint(() => {});
    if (!(died instanceof Died)) break;
    points.push(nth);
    expect(await it.probe(back, opId, never)).toBe('partial');
    expect(await it.apply(back, opId, never)).toMatchObject({ detail: 'billing set to orders/0: 9 → 5' });
    await it.undo?.(back, opId, never);
    expect(held.groups['billing']?.offsets['orders/0']).toBe(9);
  }
  expect(points).toEqual([1, 2]);
});

test('a group with members is refused, in preflight and again when it is carried out', async () => {
  const { driver, held, broker } = await aCluster();
  const refusal =
    'mailing has 1 members ("worker /127.0.0.1"), which would overwrite its offsets; stop them first';
  expect(await said(driver(), { group: 'mailing', to: 'earliest' })).toBe(refusal);
  held.groups['billing']!.members.push('late');
  const outcome = await driver().apply(step({ to: 'earliest' }), opId, never);
  expect(outcome).toMatchObject({ ended: 'failed', retryable: false });
  expect(outcome.detail).toMatch(
    /^billing has 1 members \(.*\), which would overwrite its offsets; stop them first$/,
  );
  expect(broker.commits).toEqual([]);
});

test('offsets that a set recorded come back, unless the log does not hold them any more', async () => {
  const { driver, held, archivist } = await aCluster();
  const recipe = {
    name: 'events',
    stores: ['events'],
    volumes: [],
    files: [],
    repositories: [],
    containers: [],
  };
  const { openBackups } = await someBackups({ recipes: { events: recipe } });
  const backups = await openBackups({ archivists: [archivist] });
  const set = await backups.create('events', nobody, () => {}, never);
  expect(set.parts[0]).toMatchObject({
    kind: 'store',
    name: 'events',
    facts: { counts: { billing: 2, mailing: 1 } },
  });
  expect((await backups.verify(set.id, 'rehearsal', () => {}, never)).problems).toEqual([]);

  held.groups['billing']!.offsets['orders/0'] = 5;
  const it = driver({ backups });
  expect(await it.apply(step({ to: 'recorded', set: set.id }), opId, never)).toMatchObject({
    detail: 'billing set to orders/0: 5 → 9',
  });
  held.groups['billing']!.offsets['orders/0'] = 12;
  held.topics['orders']![0] = { log: [{ offset: 10, at: 0 }], next: 13 };
  expect(await said(it, { to: 'recorded' })).toBe(
    'billing cannot go to 9 of orders/0: the log holds 10 to 13',
  );
  held.groups['other'] = { members: [], offsets: { 'orders/0': 12 } };
  expect(await said(it, { to: 'recorded', group: 'other' })).toBe(
    `${set.id} holds no offsets of other for orders`,
  );
});

test('what is not there, or not known, is refused', async () => {
  const { driver, broker } = await aCluster();
  const it = driver();
  expect(await said(it, { to: 'earliest', group: 'typo' })).toBe('typo has no offsets for orders in events');
  expect(await said(it, { to: 'earliest', store: 'none' })).toBe(
    'there is no data store none; data_stores has events',
  );
  expect(await said(it, { to: 'recorded' })).toBe('no backups are configured, so no offsets are recorded');
  expect(await said(it, { to: 'earliest', topics: ['nope'] })).toBe(
    `could not look at the log in events (${broker.address}): there is no such topic or partition`,
  );
});

test('a cluster that is away, and one that refuses the login, in words that hold no secret', async () => {
  const { store, broker } = await aCluster();
  await using wrong = await openKafka({ ...store, password: new Secret('not-the-secret') }, never);
  const refused: unknown = await wrong.groups().catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: 'REFUSED',
    message: `could not list consumer groups in events (${broker.address}): the login was refused; look at user, password and mechanism`,
  });
  expect(JSON.stringify(refused)).not.toContain('not-the-secret');
  broker.end();
  await using away = await openKafka(store, never);
  await expect(away.groups()).rejects.toMatchObject({ code: 'UNREACHABLE' });
});

test('a copy that is no record of groups is not taken for one', async () => {
  const { archivist } = await aCluster();
  await expect(
    archivist.restoreBeside('events', Readable.from([Buffer.from('{"groups":3}')]), 'x', never),
  ).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
  await expect(archivist.switchTo('events', 'a', 'b', never)).rejects.toMatchObject({ code: 'REFUSED' });
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  await expect(archivist.dump('other', sink, never)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
