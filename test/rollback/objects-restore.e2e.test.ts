import { setTimeout as pause } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { effectRecords } from '../../src/clients/files/records.ts';
import { openBucket } from '../../src/clients/s3/bucket.ts';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import type { ObjectStore } from '../../src/domain/data-store.ts';
import { objectsRestoreDriver } from '../../src/rollback/drivers/objects-restore.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { startSwift, type Swift } from '../support/swift.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { aStep, never, opId, release } from './a-step.ts';
import { Died, dieBetweenCalls } from './crashes.ts';

let swift: Swift;
beforeAll(async () => {
  swift = await startSwift(temporaryFolder('rd-swift'));
});
afterAll(() => swift.end());

let buckets = 0;

/** Objects as they were, and what became of them: overwritten, removed, added, left. */
async function aDamagedBucket() {
  const store = await swift.bucket(`objects-${(buckets += 1)}`);
  const Bucket = store.bucket;
  const put = (Key: string, Body: string) =>
    swift.client.send(new PutObjectCommand({ Bucket, Key, Body, Metadata: { of: Key.length.toString() } }));
  const remove = (Key: string) => swift.client.send(new DeleteObjectCommand({ Bucket, Key }));
  await put('up/a.txt', 'good a');
  await put('up/b ü?.txt', 'good b');
  await put('up/kept.txt', 'kept');
  await put('up/ghost.txt', 'a ghost');
  await remove('up/ghost.txt');
  await put('other/a.txt', 'other');
  // Servers tell whole seconds, rounded up.
  await pause(1100);
  const at = new Date(Math.ceil(Date.now() / 1000) * 1000).toISOString();
  await pause(Date.parse(at) - Date.now() + 10);
  await put('up/a.txt', 'broken a');
  await put('up/a.txt', 'worse a');
  await remove('up/b ü?.txt');
  await put('up/new.txt', 'new');
  await put('other/a.txt', 'other, changed');
  const objects = async (): Promise<Record<string, string>> => {
    const { Versions = [] } = await swift.client.send(new ListObjectVersionsCommand({ Bucket }));
    const found: Record<string, string> = {};
    for (const { Key = '' } of Versions.filter(({ IsLatest }) => IsLatest === true)) {
      const { Body } = await swift.client.send(new GetObjectCommand({ Bucket, Key }));
      found[Key] = (await Body?.transformToString()) ?? '';
    }
    return found;
  };
  const history = async (): Promise<number> => {
    const call = new ListObjectVersionsCommand({ Bucket });
    const { Versions = [], DeleteMarkers = [] } = await swift.client.send(call);
    return Versions.length + DeleteMarkers.length;
  };
  return { store, at, put, remove, objects, history };
}

function aDriver(store: ObjectStore) {
  return objectsRestoreDriver({
    stores: { objects: store },
    open: (opened) => Promise.resolve(openBucket(opened)),
    backups: null,
    records: effectRecords(temporaryFolder('rd-records'), new SimulatedClock()),
  });
}

const step = (options: object, facts: Parameters<typeof aStep>[2] = {}) =>
  aStep('objects.restore', { store: 'objects', prefix: 'up/', ...options }, facts);

const damaged = {
  'other/a.txt': 'other, changed',
  'up/a.txt': 'worse a',
  'up/kept.txt': 'kept',
  'up/new.txt': 'new',
};
const restored = {
  'other/a.txt': 'other, changed',
  'up/a.txt': 'good a',
  'up/b ü?.txt': 'good b',
  'up/kept.txt': 'kept',
  'up/new.txt': 'new',
};

test('objects go back to their versions of an instant, others stay, and undoing goes forward again', async () => {
  const it = await aDamagedBucket();
  const driver = aDriver(it.store);
  const back = step({ at: it.at });
  const entries = await it.history();

  const facts = await driver.read(back, never);
  expect(await driver.preflight(back, facts, never)).toEqual([]);
  expect(driver.describe(back, facts)).toBe(
    `bring 2 objects under up/ in objects back to ${it.at} ("up/a.txt", "up/b ü?.txt"); 1 newer ones stay; no version is removed`,
  );
  expect(await it.objects()).toEqual(damaged);
  expect(await driver.probe(back, opId, never)).toBe('not_done');

  const outcome = await driver.apply(back, opId, never);
  expect(outcome).toMatchObject({
    ended: 'done',
    detail: `2 objects under s3://${it.store.bucket}/up/ brought back to ${it.at}; 1 newer ones stay`,
    integrity: [{ before: 3, after: 4, lost: 0, corrupted: 0, orphaned: null }],
  });
  expect(await it.objects()).toEqual(restored);
  expect(await it.history()).toBe(entries + 2);
  expect(await driver.probe(back, opId, never)).toBe('done');

  expect(await driver.undo?.(back, opId, never)).toMatchObject({ ended: 'done' });
  expect(await it.objects()).toEqual(damaged);
  expect(await it.history()).toBe(entries + 4);
});

test('delete_newer hides what was not there then, and undoing shows it again', async () => {
  const it = await aDamagedBucket();
  const driver = aDriver(it.store);
  const back = step({ at: it.at, delete_newer: true });
  expect(driver.describe(back, await driver.read(back, never))).toContain('hide 1 that were not there then');
  await driver.apply(back, opId, never);
  const { 'up/new.txt': _gone, ...rest } = restored;
  expect(await it.objects()).toEqual(rest);
  await driver.undo?.(back, opId, never);
  expect(await it.objects()).toEqual(damaged);
});

test('wherever the daemon dies, the next run finishes it', async () => {
  let points = 0;
  const it = await aDamagedBucket();
  for (let nth = 1; nth < 10; nth += 1) {
    const driver = aDriver(it.store);
    const back = step({ at: it.at, delete_newer: true });
    dieBetweenCalls(nth);
    const died = await driver.apply(back, opId, never).catch((error: unknown) => error);
    onCrashPoint(() => {});
    if (!(died instanceof Died)) break;
    points = nth;
    expect(await driver.probe(back, opId, never)).toBe('partial');
    const entries = await it.history();
    expect(await driver.apply(back, opId, never)).toMatchObject({ ended: 'done' });
    // Nothing is done twice: what the first run did is not done again.
    expect(await it.history()).toBe(entries + 3 - (nth - 1));
    await driver.undo?.(back, opId, never);
    expect(await it.objects()).toEqual(damaged);
  }
  expect(points).toBe(4);
});

test('what somebody wrote after the step stays when it is undone', async () => {
  const it = await aDamagedBucket();
  const driver = aDriver(it.store);
  const back = step({ at: it.at });
  await driver.apply(back, opId, never);
  await it.put('up/a.txt', 'written since');
  expect(await driver.undo?.(back, opId, never)).toEqual({
    ended: 'failed',
    detail: `1 objects under s3://${it.store.bucket}/up/ went forward again; 1 were written by somebody else since and are left as they are`,
    retryable: false,
  });
  expect((await it.objects())['up/a.txt']).toBe('written since');
});

test('what cannot go well is refused before anything happens', async () => {
  const it = await aDamagedBucket();
  const driver = aDriver(it.store);
  const refusal = async (options: object, facts = {}): Promise<string | undefined> => {
    const refused = step(options, facts);
    const found = await driver.preflight(refused, await driver.read(refused, never), never);
    return found[0]?.message;
  };
  const where = `s3://${it.store.bucket}`;
  expect(await refusal({ at: '2020-01-01T00:00:00Z' })).toBe(
    `no object was under up/ in ${where} at 2020-01-01T00:00:00.000Z: look at the prefix and the time`,
  );
  expect(await refusal({ at: it.at, prefix: 'nothing/' })).toContain('no object was under nothing/');
  expect(await refusal({ at: it.at, max: 1 })).toBe('2 objects under up/ would change, and max is 1');
  expect(await refusal({ at: it.at, store: 'none' })).toBe(
    'there is no data store none; data_stores has objects',
  );
  expect(await refusal({ at: 'before_incident' })).toBe(
    'it is not known when i-7k3f9a began; state a time, or configure backups',
  );
  const from = { ...release('commit', 'c', 'c'), firstSeenAt: Date.parse(it.at) };
  expect(await refusal({ at: 'before_release' }, { from })).toBeUndefined();
  expect(await driver.apply(step({ at: '2020-01-01T00:00:00Z' }), opId, never)).toMatchObject({
    ended: 'failed',
  });
  expect(await driver.apply(step({ at: it.at, max: 1 }), opId, never)).toMatchObject({
    ended: 'failed',
    detail: '2 objects under up/ would change, and max is 1',
  });
  expect(await it.objects()).toEqual(damaged);
});

test('a bucket that keeps no versions is refused', async () => {
  const store = await swift.bucket('no-versions', { versions: false });
  const driver = aDriver(store);
  const back = step({ at: '2026-11-21T04:00:00Z' });
  expect(await driver.preflight(back, await driver.read(back, never), never)).toEqual([
    {
      level: 'refuse',
      message: 's3://no-versions keeps no versions, so nothing can come back; turn versioning on',
    },
  ]);
});

test('a server that is away may be tried again', async () => {
  const driver = aDriver({ ...(await swift.bucket('away')), url: 'http://127.0.0.1:1' });
  const back = step({ at: '2026-11-21T04:00:00Z' });
  await expect(driver.apply(back, opId, never)).rejects.toMatchObject({
    code: 'UNREACHABLE',
    recourse: 'retry',
  });
  expect(await driver.probe(back, opId, never)).toBe('not_done');
});
