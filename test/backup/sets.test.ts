import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { localPlace } from '../../src/backup/local-place.ts';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import { DAY } from '../../src/domain/time.ts';
import { never } from '../rollback/a-step.ts';
import { Died, dieBetweenCalls } from '../rollback/crashes.ts';
import { aWorkingCopy, nobody, someBackups } from './some-backups.ts';

const quiet = (): void => {};

async function oneSet(change: Parameters<typeof someBackups>[0] = {}) {
  const it = await someBackups(change);
  const backups = await it.openBackups();
  const set = await backups.create('shop', nobody, quiet, never);
  const partFile = join(it.sets, set.id, set.parts[0]?.file ?? '');
  const problems = async () =>
    (await (await it.openBackups()).verify(set.id, 'reading', quiet, never)).problems;
  return { ...it, backups, set, partFile, problems };
}

test('a set holds what its recipe names, reads back, and is listed newest first', async () => {
  const it = await someBackups();
  aWorkingCopy(it.app);
  const backups = await it.openBackups();
  const seen: string[] = [];
  const first = await backups.create('shop', nobody, ({ name }) => seen.push(name), never);
  await it.clock.advance(1000);
  const second = await backups.create('code', { ...nobody, incident: 'i-1', target: 'shop' }, quiet, never);

  expect((await backups.list()).map(({ id }) => id)).toEqual([second.id, first.id]);
  expect(first.parts.map(({ kind, name, facts }) => ({ kind, name, counts: facts.counts }))).toEqual([
    { kind: 'files', name: it.conf, counts: { [it.conf]: 2 } },
  ]);
  expect(second.parts[0]?.facts.counts).toEqual({ tracked: 3, uncommitted: 3 });
  expect(seen).toContain(it.conf);
  expect(await backups.verify(first.id, 'reading', quiet, never)).toMatchObject({ problems: [] });
  expect(await backups.verify(first.id, 'rehearsal', quiet, never)).toMatchObject({
    by: 'rehearsal',
    problems: [],
  });
  expect(await backups.verify(second.id, 'rehearsal', quiet, never)).toMatchObject({ problems: [] });
  expect(readdirSync(it.root).toSorted()).toEqual(['app', 'conf']);
});

test('only the daemon may read what it stores', async () => {
  const { sets, set, partFile } = await oneSet();
  const modes = [sets, join(sets, set.id), partFile].map((path) => statSync(path).mode & 0o777);
  expect(modes).toEqual([0o700, 0o700, 0o600]);
});

test('an effect that made a set finds it again and makes no second', async () => {
  const it = await someBackups();
  const backups = await it.openBackups();
  const made = await backups.create('shop', { ...nobody, key: 'op', incident: 'i-1' }, quiet, never);
  const again = await (
    await it.openBackups()
  ).create('shop', { ...nobody, key: 'op', incident: 'i-1' }, quiet, never);

  expect(again.id).toBe(made.id);
  expect((await backups.madeBy('op'))?.id).toBe(made.id);
  expect(await backups.madeBy('other')).toBeNull();
  expect((await backups.ofIncident('i-1', 'files', `${it.conf}/app.env`))?.id).toBe(made.id);
  expect(await backups.ofIncident('i-2', 'files', it.conf)).toBeNull();
  expect(await backups.ofIncident('i-1', 'store', it.conf)).toBeNull();
});

describe('a set that is not as it was made is named', () => {
  for (const [passphrase, how] of [
    [undefined, 'without a key'],
    ['correct horse battery', 'with a key'],
  ] as const) {
    const change = passphrase === undefined ? {} : { passphrase };

    test(`cut off, ${how}`, async () => {
      const { partFile, set, problems, conf } = await oneSet(change);
      const { bytes, file } = set.parts[0]!;
      truncateSync(partFile, bytes - 10);
      expect(await problems()).toEqual([
        `${conf}: ${set.id}/${file}: it was cut off: ${bytes - 10} of ${bytes} bytes are there`,
      ]);
    });

    test(`longer than it was, ${how}`, async () => {
      const { partFile, set, problems } = await oneSet(change);
      appendFileSync(partFile, 'x');
      expect((await problems())[0]).toContain(`it has ${set.parts[0]!.bytes + 1} bytes instead of`);
    });

    test(`a single byte changed, ${how}, wherever it is`, async () => {
      const { partFile, problems } = await oneSet(change);
      const whole = readFileSync(partFile);
      for (const at of [0, 30, Math.floor(whole.length / 2), whole.length - 1]) {
        const broken = Buffer.from(whole);
        broken[at] = (broken[at] ?? 0) ^ 1;
        writeFileSync(partFile, broken);
        expect(await problems()).toHaveLength(1);
      }
      writeFileSync(partFile, whole);
      expect(await problems()).toEqual([]);
    });
  }

  test('a part of another set in its place', async () => {
    const it = await oneSet({ passphrase: 'correct horse battery' });
    await it.clock.advance(1000);
    const other = await it.backups.create('shop', nobody, quiet, never);
    writeFileSync(it.partFile, readFileSync(join(it.sets, other.id, other.parts[0]!.file)));
    expect(await it.problems()).toHaveLength(1);
  });

  test('a part that is gone', async () => {
    const { partFile, problems } = await oneSet();
    renameSync(partFile, `${partFile}.away`);
    expect((await problems())[0]).toContain('it is not there');
  });

  test('a manifest that was changed is no set any more, and says so', async () => {
    const it = await oneSet({ passphrase: 'correct horse battery' });
    const path = join(it.sets, it.set.id, 'manifest.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"recipe": "shop"', '"recipe": "code"'));

    expect(await it.backups.list()).toEqual([]);
    expect(await (await it.openDesk()).list()).toMatchObject({
      sets: [],
      broken: [
        { id: it.set.id, problem: `the manifest of ${it.set.id} was changed, or sealed with another key` },
      ],
    });
  });

  test('a manifest that is cut off', async () => {
    const it = await oneSet();
    truncateSync(join(it.sets, it.set.id, 'manifest.json'), 100);
    await expect(it.backups.find(it.set.id)).rejects.toMatchObject({
      code: 'BACKUP_INVALID',
      message: `the manifest of ${it.set.id} is cut off, or is none`,
    });
  });

  test('one of somebody else without a seal, in the place of one with a key', async () => {
    const it = await oneSet({ passphrase: 'correct horse battery' });
    const forged = await (await it.openBackups({ key: null })).create('shop', nobody, quiet, never);
    const why = `the manifest of ${forged.id} is not sealed with the key (backups.key): anybody who writes there could have made it`;

    await expect(it.backups.find(forged.id)).rejects.toMatchObject({ code: 'BACKUP_INVALID', message: why });
    expect((await it.backups.list()).map(({ id }) => id)).toEqual([it.set.id]);
  });

  test('another key, and none at all', async () => {
    const it = await oneSet({ passphrase: 'correct horse battery' });
    await expect((await it.openBackups({ key: null })).find(it.set.id)).rejects.toMatchObject({
      message: `the manifest of ${it.set.id} is sealed with a key, and none is configured (backups.key)`,
    });
    writeFileSync(join(it.stateDir, 'key'), 'another passphrase\n');
    await expect((await it.openBackups()).find(it.set.id)).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
  });
});

test('what is encrypted shows nothing of what it holds', async () => {
  const { partFile } = await oneSet({ passphrase: 'correct horse battery', compression: 'gzip' });
  const stored = readFileSync(partFile);
  expect(stored.subarray(0, 8).toString('latin1')).toBe('rbkenc1\n');
  expect(stored.includes('MODE=good')).toBe(false);
});

test('what a part holds comes out as it went in, and a broken one fails before its end', async () => {
  const { backups, set, partFile } = await oneSet();
  const part = set.parts[0]!;
  expect(await text(await backups.open(set, part, never))).toContain('MODE=good');
  const broken = readFileSync(partFile);
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
  writeFileSync(partFile, broken);
  await expect(backups.open(set, part, never).then(text)).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
});

describe('no set is made', () => {
  test('of a copy that is less than half of the last one, unless that is said to be right', async () => {
    const it = await oneSet();
    writeFileSync(join(it.conf, 'deep', 'table.csv'), 'empty\n');
    await it.clock.advance(1000);

    await expect(it.backups.create('shop', nobody, quiet, never)).rejects.toThrow(
      `no backup of shop was made: the copy of ${it.conf} has 10KiB, less than half of the 310KiB of ${it.set.id}; say that smaller is right if it is`,
    );
    expect(readdirSync(it.sets)).toEqual([it.set.id]);
    expect(await it.backups.create('shop', { ...nobody, smallerOk: true }, quiet, never)).toMatchObject({
      recipe: 'shop',
    });
  });

  test('where the disk or the quota has no room for it and a tenth more', async () => {
    const it = await someBackups({ retention: { keepMs: DAY, least: 1, mostBytes: 300_000 } });
    const full = { ...localPlace(it.sets), free: () => Promise.resolve(100_000) };
    const { problems } = await (await it.openBackups({ place: full })).examine('shop', never);
    expect(problems).toEqual([
      expect.stringMatching(
        /^there is no room for the set: about 3\d\d(\.\d)?KiB are needed with a reserve of 10%, and 97.66KiB are free in /,
      ),
      expect.stringMatching(
        /^the set would go beyond retention.most_bytes: 0B are used, about 3\d\d(\.\d)?KiB are needed, 293KiB are allowed/,
      ),
    ]);
  });

  test('of what is not there, lies outside, or is a link', async () => {
    const it = await someBackups();
    renameSync(it.conf, `${it.conf}-away`);
    const backups = await it.openBackups();
    expect((await backups.examine('shop', never)).problems).toEqual([
      `could not look at ${it.conf}: it is not there`,
    ]);
    await expect(backups.create('shop', nobody, quiet, never)).rejects.toMatchObject({ code: 'REFUSED' });
    await expect(backups.create('other', nobody, quiet, never)).rejects.toThrow(
      'there is no recipe other; there is shop, code',
    );
    expect(existsSync(it.sets) ? readdirSync(it.sets) : []).toEqual([]);
  });

  test('on a disk that fills up meanwhile, and nothing of it stays', async () => {
    const it = await someBackups();
    const backups = await it.openBackups({ place: fullAfter(it.sets, 10) });
    await expect(backups.create('shop', nobody, quiet, never)).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('the disk is full') as string,
    });
    expect(readdirSync(it.sets)).toEqual([]);
  });
});

function fullAfter(directory: string, bytes: number): ReturnType<typeof localPlace> {
  const place = localPlace(directory);
  return {
    ...place,
    async draft(id) {
      const draft = await place.draft(id);
      return {
        ...draft,
        async sink(file) {
          const sink = await draft.sink(file);
          const write = sink._write.bind(sink);
          let left = bytes;
          sink._write = (chunk: Buffer, encoding, done) => {
            left -= chunk.length;
            if (left >= 0) return write(chunk, encoding, done);
            done(
              Object.assign(new Error('ENOSPC: no space left on device, write'), {
                code: 'ENOSPC',
                syscall: 'write',
              }),
            );
          };
          return sink;
        },
      };
    },
  };
}

test('a set is made or there is none, wherever the daemon dies; the next start removes the rest', async () => {
  let points = 0;
  for (let nth = 1; nth < 20; nth += 1) {
    const it = await someBackups();
    const reached = dieBetweenCalls(nth);
    // The process that died would have run no clean-up either.
    const place = { ...localPlace(it.sets) };
    const dead = await it.openBackups({
      place: {
        ...place,
        draft: async (id) => ({ ...(await place.draft(id)), discard: () => Promise.resolve() }),
      },
    });
    const died = await dead
      .create('shop', { ...nobody, key: 'op' }, quiet, never)
      .catch((error: unknown) => error);
    onCrashPoint(() => {});
    if (!(died instanceof Died)) {
      expect(reached()).toBe(nth - 1);
      break;
    }
    points = nth;
    const after = await it.openBackups();
    const made = await after.madeBy('op');
    expect(made).toBeNull();
    await after.sweep();
    expect(readdirSync(it.sets)).toEqual([]);
    const again = await after.create('shop', { ...nobody, key: 'op' }, quiet, never);
    expect((await after.verify(again.id, 'reading', quiet, never)).problems).toEqual([]);
  }
  expect(points).toBeGreaterThan(4);
});

test('a sweep leaves what is under way and what is whole', async () => {
  const it = await oneSet();
  mkdirSync(join(it.sets, '.making-b-20260101-000000-dead'));
  mkdirSync(join(it.sets, 'b-20260101-000000-none'));
  mkdirSync(join(it.sets, 'lost+found'));
  expect((await it.backups.sweep()).toSorted()).toEqual(['b-20260101-000000-dead', 'b-20260101-000000-none']);
  expect(readdirSync(it.sets).toSorted()).toEqual([it.set.id, 'lost+found']);
});

test('retention keeps the newest verified set of a recipe and those of open incidents', async () => {
  const it = await someBackups();
  const backups = await it.openBackups();
  const ofIncident = await backups.create('shop', { ...nobody, incident: 'i-1' }, quiet, never);
  await it.clock.advance(1000);
  const old = await backups.create('shop', nobody, quiet, never);
  await it.clock.advance(1000);
  const newest = await backups.create('shop', nobody, quiet, never);
  it.open.add('i-1');
  await it.clock.advance(30 * DAY);

  expect(await backups.prune(never)).toEqual([old.id]);
  it.open.delete('i-1');
  expect(await backups.prune(never)).toEqual([ofIncident.id]);
  expect(await backups.prune(never)).toEqual([]);
  expect(readdirSync(it.sets)).toEqual([newest.id]);
});
