import { randomBytes } from 'node:crypto';
import { createServer, connect, type Socket } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bucketPlace } from '../../src/backup/bucket-place.ts';
import { openBucket, type Bucket } from '../../src/clients/s3/bucket.ts';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import type { ObjectStore } from '../../src/domain/data-store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { DAY } from '../../src/domain/time.ts';
import { freePort } from '../e2e/ports.ts';
import { never } from '../rollback/a-step.ts';
import { Died } from '../rollback/crashes.ts';
import { startSwift, type Swift } from '../support/swift.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { nobody, someBackups } from './some-backups.ts';

let swift: Swift;
beforeAll(async () => {
  swift = await startSwift(temporaryFolder('rd-swift'));
});
afterAll(() => swift.end());

const quiet = (): void => {};
let buckets = 0;

async function inABucket(change: Parameters<typeof someBackups>[0] = {}) {
  const it = await someBackups(change);
  // More than two parts of an upload, and nothing that would compress.
  writeFileSync(join(it.conf, 'large.bin'), randomBytes(18 * 1024 * 1024));
  const store = await swift.bucket(`sets-${(buckets += 1)}`, { versions: false });
  const place = (bucket: Bucket = openBucket(store)) => bucketPlace(bucket, 'rollbackd/');
  const openBackups = (bucket?: Bucket) => it.openBackups({ place: place(bucket) });
  const objects = async (): Promise<string[]> => {
    const { Contents = [] } = await swift.client.send(new ListObjectsV2Command({ Bucket: store.bucket }));
    return Contents.map(({ Key = '' }) => Key);
  };
  const uploads = async (): Promise<number> => {
    const call = new ListMultipartUploadsCommand({ Bucket: store.bucket });
    return (await swift.client.send(call)).Uploads?.length ?? 0;
  };
  return { ...it, store, place, openBackups, objects, uploads };
}

test('a set lies in the bucket part by part, reads back, is listed, opened and removed', async () => {
  const it = await inABucket({ passphrase: 'correct horse battery' });
  const backups = await it.openBackups();
  const set = await backups.create('shop', { ...nobody, key: 'op', incident: 'i-1' }, quiet, never);

  expect((await it.objects()).toSorted()).toEqual(
    [set.parts[0]!.file, 'manifest.json', 'verdict.json'].map((file) => `rollbackd/${set.id}/${file}`),
  );
  expect(set.parts[0]!.bytes).toBeGreaterThan(16 * 1024 * 1024);
  const again = await it.openBackups();
  expect((await again.list()).map(({ id }) => id)).toEqual([set.id]);
  expect((await again.madeBy('op'))?.id).toBe(set.id);
  expect((await again.verify(set.id, 'rehearsal', quiet, never)).problems).toEqual([]);
  expect((await text(await again.open(set, set.parts[0]!, never))).slice(0, 4096)).toContain('conf');
  expect(await it.place().free()).toBeNull();

  await it.clock.advance(20 * DAY);
  const newer = await again.create('shop', nobody, quiet, never);
  expect(await again.prune(never)).toEqual([set.id]);
  expect((await it.objects()).every((key) => key.includes(newer.id))).toBe(true);
  expect(await it.uploads()).toBe(0);
});

test('a part that was cut off or changed in the bucket is named', async () => {
  const it = await inABucket();
  const backups = await it.openBackups();
  const set = await backups.create('shop', nobody, quiet, never);
  const { file, bytes } = set.parts[0]!;
  const object = { Bucket: it.store.bucket, Key: `rollbackd/${set.id}/${file}` };
  const { Body } = await swift.client.send(new GetObjectCommand(object));
  const whole = Buffer.from((await Body?.transformToByteArray()) ?? []);

  await swift.client.send(new PutObjectCommand({ ...object, Body: whole.subarray(0, bytes - 10) }));
  expect((await backups.verify(set.id, 'reading', quiet, never)).problems).toEqual([
    `${it.conf}: ${set.id}/${file}: it was cut off: ${bytes - 10} of ${bytes} bytes are there`,
  ]);

  whole[whole.length >> 1]! ^= 1;
  await swift.client.send(new PutObjectCommand({ ...object, Body: whole }));
  expect((await backups.verify(set.id, 'reading', quiet, never)).problems).toHaveLength(1);
  expect((await backups.list()).map(({ id }) => id)).toEqual([set.id]);
});

test('a set is made or there is none, wherever the daemon dies; the next start removes the rest', async () => {
  onTestFinished(() => onCrashPoint(() => {}));
  let points = 0;
  for (let nth = 1; nth < 20; nth += 1) {
    const it = await inABucket();
    // What a process that died would have done to clean up does not arrive either.
    const line = await aLine(it.store);
    let reached = 0;
    onCrashPoint(() => {
      reached += 1;
      if (reached === nth) line.cut();
      if (reached >= nth) throw new Died(`at call ${nth}`);
    });
    const dead = await it.openBackups(openBucket(line.store));
    const made = await dead.create('shop', { ...nobody, key: 'op' }, quiet, never).catch(() => null);
    onCrashPoint(() => {});
    if (made !== null) {
      expect(reached).toBe(nth - 1);
      break;
    }
    points = nth;
    const after = await it.openBackups();
    expect(await after.madeBy('op')).toBeNull();
    await after.sweep();
    expect([await it.objects(), await it.uploads()]).toEqual([[], 0]);
  }
  expect(points).toBeGreaterThan(4);
}, 120_000);

test('a sweep leaves whole sets, what is under way, and what is not ours', async () => {
  const it = await inABucket();
  const backups = await it.openBackups();
  const set = await backups.create('shop', nobody, quiet, never);
  const put = (Key: string) =>
    swift.client.send(new PutObjectCommand({ Bucket: it.store.bucket, Key, Body: 'x' }));
  await put('rollbackd/b-20260101-000000-dead/01-files-a.zst');
  await put('rollbackd/b-20260101-000000-busy/01-files-a.zst');
  await put('rollbackd/notes.txt');
  await put('other/b-20260101-000000-dead/01-files-a.zst');
  // What belongs to a whole set is aborted, and the set stays.
  const Key = `rollbackd/${set.id}/verdict.json`;
  await swift.client.send(new CreateMultipartUploadCommand({ Bucket: it.store.bucket, Key }));

  expect(await it.place().sweep(new Set(['b-20260101-000000-busy']))).toEqual(['b-20260101-000000-dead']);
  expect((await it.objects()).toSorted()).toEqual(
    [
      'other/b-20260101-000000-dead/01-files-a.zst',
      'rollbackd/b-20260101-000000-busy/01-files-a.zst',
      `rollbackd/${set.id}/${set.parts[0]!.file}`,
      `rollbackd/${set.id}/manifest.json`,
      `rollbackd/${set.id}/verdict.json`,
      'rollbackd/notes.txt',
    ].toSorted(),
  );
  expect(await it.uploads()).toBe(0);
});

test('a bucket that cannot be reached any more in the middle of an upload makes no set', async () => {
  const it = await inABucket();
  const line = await aLine(it.store);
  let calls = 0;
  // The upload is begun then, and its first part is there.
  onCrashPoint(() => {
    calls += 1;
    if (calls === 2) line.cut();
  });
  onTestFinished(() => onCrashPoint(() => {}));
  const backups = await it.openBackups(openBucket(line.store));
  const failed = backups.create('shop', nobody, quiet, never);
  await expect(failed).rejects.toMatchObject({ code: 'UNREACHABLE' });
  onCrashPoint(() => {});

  const after = await it.openBackups();
  expect(await after.list()).toEqual([]);
  await after.sweep();
  expect([await it.objects(), await it.uploads()]).toEqual([[], 0]);
}, 60_000);

test('wrong credentials are refused in words that hold none of them', async () => {
  const it = await inABucket();
  const wrong: ObjectStore = { ...it.store, secretKey: new Secret('not-the-secret') };
  const backups = await it.openBackups(openBucket(wrong));
  const error: unknown = await backups.list().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'REFUSED',
    message: `could not list objects in objects (${it.store.bucket} at ${it.store.url}): it said SignatureDoesNotMatch (403); look at access_key, secret_key and what they may`,
  });
  expect(JSON.stringify(error)).not.toMatch(/not-the-secret|test:tester/);
});

test('a bucket that is not there is named', async () => {
  const it = await inABucket();
  const backups = await it.openBackups(openBucket({ ...it.store, bucket: 'nowhere' }));
  await expect(backups.list()).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: `could not list objects in objects (nowhere at ${it.store.url}): there is no such bucket`,
  });
});

/** The server behind a connection that can be cut. */
async function aLine(store: ObjectStore) {
  const port = await freePort();
  const behind = Number(new URL(store.url).port);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(behind, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(cut);
  return { store: { ...store, url: `http://127.0.0.1:${port}` }, cut };
}
