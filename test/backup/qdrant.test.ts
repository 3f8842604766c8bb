import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { qdrantArchivist } from '../../src/backup/archivists/qdrant.ts';
import { httpClient } from '../../src/clients/http.ts';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import { Secret } from '../../src/domain/secret.ts';
import { FakeQdrant } from '../fakes/qdrant.ts';
import { never } from '../rollback/a-step.ts';
import { dieBetweenCalls, Died } from '../rollback/crashes.ts';
import { nobody, someBackups } from './some-backups.ts';

const quiet = (): void => {};

async function vectors(key: string | null = null) {
  const qdrant = await FakeQdrant.start();
  qdrant.key = key;
  const store = {
    kind: 'qdrant',
    name: 'vectors',
    url: qdrant.url,
    key: key === null ? null : new Secret(key),
    volumes: [],
  } as const;
  const archivist = qdrantArchivist({
    stores: { vectors: store },
    http: httpClient({ clock: systemClock() }),
  });
  const nothing = { volumes: [], files: [], repositories: [], containers: [] };
  const it = await someBackups({ recipes: { v: { name: 'v', stores: ['vectors'], ...nothing } } });
  const open = { archivists: [archivist] };
  const backups = await it.openBackups(open);
  const desk = await it.openDesk(open);
  const restore = async (id: string) => {
    const job = await desk.restore(id, [], 'bob');
    await desk.ended(job.id);
    return desk.job(job.id);
  };
  return { ...it, qdrant, archivist, backups, desk, restore };
}

test('collections are copied with their points counted, and what the copy took on the server is removed', async () => {
  const it = await vectors('k-1234');
  it.qdrant.put('docs', ['a', 'b', 'c']);
  it.qdrant.put('empty', []);
  it.qdrant.aliases.set('live', 'docs');
  expect(await it.backups.examine('v', never)).toMatchObject({ problems: [], warnings: [] });
  const set = await it.backups.create('v', nobody, quiet, never);
  expect(set.parts[0]!.facts).toEqual({
    server: 'qdrant 1.15.4',
    tool: null,
    schemaVersion: null,
    counts: { docs: 3, empty: 0 },
  });
  expect(it.qdrant.snapshots.size).toBe(0);
  let text = '';
  for await (const chunk of await it.backups.open(set, set.parts[0]!, never)) text += String(chunk);
  const [head] = text.split('\n');
  expect(JSON.parse(head!)).toMatchObject({
    collections: [
      { name: 'docs', points: 3, aliases: ['live'], config: { params: { vectors: { size: 4 } } } },
      { name: 'empty', points: 0, aliases: [] },
    ],
  });
  expect(await it.backups.verify(set.id, 'rehearsal', quiet, never)).toMatchObject({ problems: [] });
  expect([...it.qdrant.collections.keys()]).toEqual(['docs', 'empty']);
  expect([text, it.qdrant.calls.join(' ')].join(' ')).not.toContain('k-1234');
});

test('where clients use an alias, it is led to the restored collection in one step, and back', async () => {
  const it = await vectors();
  it.qdrant.put('docs', ['good']);
  it.qdrant.aliases.set('live', 'docs');
  const set = await it.backups.create('v', nobody, quiet, never);
  it.qdrant.put('docs', ['bad', 'bad']);
  expect(await it.restore(set.id)).toMatchObject({ ended: 'well' });
  expect(it.qdrant.points('live')).toEqual(['good']);
  expect(it.qdrant.collections.get('docs')?.points).toEqual(['bad', 'bad']);
  expect(it.qdrant.calls.filter((call) => call === 'POST /collections/aliases')).toHaveLength(1);

  // What is in use now counts as docs, and is what the next copy holds.
  expect((await it.archivist.count?.('vectors', never))?.counts).toEqual({ docs: 1 });
  const next = await it.backups.create('v', { ...nobody, smallerOk: true }, quiet, never);
  expect(next.parts[0]!.facts.counts).toEqual({ docs: 1 });

  // The old one goes with retention; the one in use stays, though it has the same suffix.
  await it.clock.advance(15 * 24 * 3_600_000);
  await it.desk.prune('test');
  expect(it.qdrant.points('live')).toEqual(['good']);
  expect([...it.qdrant.aliases.keys()]).toEqual(['live']);
  expect(it.qdrant.collections.has('docs')).toBe(false);
});

test('a switch can be turned round, with aliases and without', async () => {
  const it = await vectors();
  it.qdrant.put('docs', ['good']);
  it.qdrant.put('plain', ['good', 'good']);
  it.qdrant.aliases.set('live', 'docs');
  const set = await it.backups.create('v', nobody, quiet, never);
  it.qdrant.put('docs', ['bad']);
  it.qdrant.put('plain', ['bad']);
  const source = await it.backups.open(set, set.parts[0]!, never);
  await it.archivist.restoreBeside('vectors', source, 's1', never);
  await it.archivist.switchTo('vectors', 's1', 'was', never);
  expect([it.qdrant.points('live'), it.qdrant.points('plain')]).toEqual([['good'], ['good', 'good']]);
  await it.archivist.switchTo('vectors', 'was', 'undone', never);
  expect([it.qdrant.points('live'), it.qdrant.points('plain')]).toEqual([['bad'], ['bad']]);
  await it.archivist.drop('vectors', 'undone', never);
  await it.archivist.drop('vectors', 'was', never);
  expect([...it.qdrant.collections.keys()].toSorted()).toEqual(['docs', 'plain']);
  expect([...it.qdrant.aliases]).toEqual([['live', 'docs']]);
});

test('a collection that is gone, or used by its own name, comes back; killed between any two calls, a repeat finishes', async () => {
  let points = 0;
  for (let nth = 1; nth < 20; nth += 1) {
    const it = await vectors();
    it.qdrant.put('docs', ['good', 'good']);
    it.qdrant.put('gone', ['good']);
    const set = await it.backups.create('v', nobody, quiet, never);
    it.qdrant.put('docs', ['bad']);
    it.qdrant.collections.delete('gone');
    const source = await it.backups.open(set, set.parts[0]!, never);
    await it.archivist.restoreBeside('vectors', source, 's1', never);
    expect(await it.archivist.switched('vectors', 's1', 'was', never)).toBe('not_done');
    dieBetweenCalls(nth);
    const died = await it.archivist.switchTo('vectors', 's1', 'was', never).catch((error: unknown) => error);
    onCrashPoint(() => {});
    if (died instanceof Died) {
      points = nth;
      await it.archivist.switchTo('vectors', 's1', 'was', never);
    }
    expect(await it.archivist.switched('vectors', 's1', 'was', never)).toBe('done');
    expect([it.qdrant.points('docs'), it.qdrant.points('gone')]).toEqual([['good', 'good'], ['good']]);
    expect(it.qdrant.points('docs-rollbackd-was')).toEqual(['bad']);
    await it.archivist.drop('vectors', 'was', never);
    expect([...it.qdrant.collections.keys()].toSorted()).toEqual(['docs', 'gone']);
    expect(it.qdrant.aliases.size).toBe(0);
    if (!(died instanceof Died)) break;
  }
  expect(points).toBeGreaterThan(5);
});

test('points that come and go while a snapshot is made keep a copy from being made', async () => {
  const it = await vectors();
  it.qdrant.put('docs', ['a']);
  it.qdrant.before = (call) => {
    if (call === 'POST /collections/docs/snapshots')
      it.qdrant.put('docs', [...(it.qdrant.points('docs') ?? []), 'more']);
  };
  await expect(it.backups.create('v', nobody, quiet, never)).rejects.toThrow(
    'docs had 3 points before its snapshot was made and 4 after; hold writes off, then try again',
  );
  expect(it.qdrant.snapshots.size).toBe(0);
  expect(await it.backups.list()).toEqual([]);
});

test('a copy that is cut off, or of something else, and one that another version made, change nothing', async () => {
  const it = await vectors();
  it.qdrant.put('docs', ['a', 'b']);
  const set = await it.backups.create('v', nobody, quiet, never);
  const [part] = set.parts;
  const chunks: Buffer[] = [];
  for await (const chunk of await it.backups.open(set, part!, never)) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  const into = (bytes: Buffer) => it.archivist.restoreBeside('vectors', Readable.from([bytes]), 's1', never);
  await expect(into(whole.subarray(0, whole.length - 5))).rejects.toThrow('the copy of vectors is cut off');
  await expect(into(Buffer.concat([whole, Buffer.from('x')]))).rejects.toThrow(
    'the copy of vectors has more than it says',
  );
  await expect(into(Buffer.from('{"format":"other"}\n'))).rejects.toThrow(
    'the copy of vectors is not one of a Qdrant',
  );
  await expect(into(Buffer.alloc(0))).rejects.toThrow('the copy of vectors is cut off');
  const flipped = Buffer.from(whole);
  flipped[whole.length - 3]! ^= 1;
  await expect(into(flipped)).rejects.toThrow('was answered with 400, expected 200');
  await it.archivist.drop('vectors', 's1', never);
  expect([...it.qdrant.collections.keys()]).toEqual(['docs']);

  const file = join(it.sets, set.id, part!.file);
  const stored = readFileSync(file);
  writeFileSync(file, stored.subarray(0, stored.length >> 1));
  expect(await it.restore(set.id)).toMatchObject({ ended: 'badly' });
  writeFileSync(file, stored);
  it.qdrant.version = '1.16.0';
  expect((await it.restore(set.id))?.message).toBe(
    'nothing was restored: vectors: the copy is of qdrant 1.15.4, and the server is qdrant 1.16.0: snapshots are read by the same minor version only, and not by an older patch',
  );
  expect(it.qdrant.points('docs')).toEqual(['a', 'b']);
});
