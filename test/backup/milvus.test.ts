import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { milvusArchivist } from '../../src/backup/archivists/milvus.ts';
import { httpClient } from '../../src/clients/http.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { Secret } from '../../src/domain/secret.ts';
import { FakeMilvus } from '../fakes/milvus.ts';
import { never } from '../rollback/a-step.ts';
import { nobody, someBackups } from './some-backups.ts';

const quiet = (): void => {};

/** A volume, as far as a recipe has to name it. */
const volumes: Archivist = {
  kind: 'volume',
  handles: () => true,
  examine: () => Promise.resolve({ problems: [], bytes: 1 }),
  dump: (name, sink) => {
    sink.end('rows');
    return Promise.resolve({ server: null, tool: null, schemaVersion: null, counts: { [name]: 1 } });
  },
  whyNotHere: () => Promise.resolve('not in this test'),
  restoreBeside: () => Promise.reject(new Error('not in this test')),
  switchTo: () => Promise.reject(new Error('not in this test')),
  switched: () => Promise.resolve('not_done'),
  drop: () => Promise.resolve(),
};

async function vectors({ held = ['rows'], known = ['rows'] } = {}) {
  const milvus = await FakeMilvus.start();
  milvus.token = 'root:k-1234';
  const key = new Secret('root:k-1234');
  const store = { kind: 'milvus', name: 'vectors', url: milvus.url, key, volumes: known } as const;
  const archivist = milvusArchivist({
    stores: { vectors: store },
    http: httpClient({ clock: systemClock() }),
  });
  const nothing = { files: [], repositories: [], containers: [] };
  const it = await someBackups({
    recipes: { v: { name: 'v', stores: ['vectors'], volumes: held, ...nothing } },
  });
  const open = { archivists: [archivist, volumes] };
  const backups = await it.openBackups(open);
  const desk = await it.openDesk(open);
  const restore = async (id: string) => {
    const job = await desk.restore(id, ['store:vectors'], 'bob');
    await desk.ended(job.id);
    return desk.job(job.id);
  };
  return { milvus, archivist, backups, restore };
}

test.each([0, 200])(
  'schemas, indexes, partitions and aliases are copied, and made again to be compared (code %i)',
  async (code) => {
    const it = await vectors();
    it.milvus.success = code;
    it.milvus.put('docs', 1200);
    it.milvus.aliases.set('live', 'docs');
    const set = await it.backups.create('v', nobody, quiet, never);
    const [part] = set.parts;
    expect(part!.facts).toEqual({
      server: 'milvus',
      tool: null,
      schemaVersion: null,
      counts: { 'fields of docs': 3, 'indexes of docs': 1 },
    });
    let text = '';
    for await (const chunk of await it.backups.open(set, part!, never)) text += String(chunk);
    expect(JSON.parse(text)).toMatchObject({
      collections: [
        {
          name: 'docs',
          rows: 1200,
          shards: 2,
          dynamic: true,
          partitions: ['_default', 'english'],
          aliases: ['live'],
          fields: [
            { name: 'id', primaryKey: true, autoId: true },
            {},
            { type: 'FloatVector', params: { dim: '768' } },
          ],
          indexes: [{ indexName: 'by_vector', indexType: 'HNSW', metricType: 'COSINE' }],
        },
      ],
    });
    expect(text).not.toContain('k-1234');

    const verdict = await it.backups.verify(set.id, 'rehearsal', quiet, never);
    expect(verdict.problems).toEqual(['rows: cannot be restored here: not in this test']);
    expect([...it.milvus.collections.keys()]).toEqual(['docs']);
  },
);

test('a set without the volumes that hold the rows is refused', async () => {
  const bare = await vectors({ held: [] });
  bare.milvus.put('docs', 1);
  await expect(bare.backups.create('v', nobody, quiet, never)).rejects.toThrow(
    'no backup of v was made: a copy of vectors is worth nothing without the volume rows: have the recipe hold it',
  );
  const unknown = await vectors({ known: [] });
  unknown.milvus.put('docs', 1);
  await expect(unknown.backups.create('v', nobody, quiet, never)).rejects.toThrow(
    'the rows of vectors would be in no copy: name the volumes that it keeps them in, in data_stores.vectors.milvus.volumes',
  );
});

test('a schema alone is never switched to: what is in use must be as the copy says, which its volumes make it', async () => {
  const it = await vectors();
  it.milvus.put('docs', 1200);
  const set = await it.backups.create('v', nobody, quiet, never);
  it.milvus.put('docs', 7, '384');
  expect((await it.restore(set.id))?.message).toContain(
    'vectors is not as the copy says: docs: its fields are',
  );
  expect((await it.restore(set.id))?.message).toContain(
    'its rows come back with its volumes only: restore rows by volume.restore',
  );
  expect(it.milvus.collections.get('docs')?.rows).toBe(7);

  // As it is once volume.restore has been there.
  it.milvus.put('docs', 1200);
  expect(await it.restore(set.id)).toMatchObject({ ended: 'well' });
  it.milvus.collections.delete('docs');
  expect((await it.restore(set.id))?.message).toContain('docs: it is not there');
});

test('what is no copy of a Milvus, or is refused by it, changes nothing', async () => {
  const it = await vectors();
  it.milvus.put('docs', 1);
  for (const text of ['', '{"format":"rollbackd-milvus-1"', '{"format":"other"}'])
    await expect(
      it.archivist.restoreBeside('vectors', Readable.from([Buffer.from(text)]), 's1', never),
    ).rejects.toThrow('the copy of vectors is not one of a Milvus');
  expect([...it.milvus.collections.keys()]).toEqual(['docs']);
  it.milvus.token = 'another';
  expect((await it.archivist.examine('vectors', never)).problems).toEqual([
    'vectors: POST /v2/vectordb/collections/list was refused with code 1800: user hasn’t authenticated',
  ]);
});
