import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/domain/command.ts';
import type { DataRisks } from '../../src/domain/data-risk.ts';
import type { BackupPolicy } from '../../src/domain/backup.ts';
import type { DataStore } from '../../src/domain/data-store.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { migrationView } from '../../src/engine/views/migration.ts';
import { aSet } from '../fakes/backup-desk.ts';
import { watching, type Watching, type WatchingOptions } from './watching.ts';

type Migrate = Extract<Command, { do: 'migrate'; phase: 'begin' | 'retry' }>;

const begin: Migrate = {
  do: 'migrate',
  phase: 'begin',
  target: 'shop',
  recipe: 'all',
  set: 'b-1',
  withinMs: 2 * HOUR,
  confirmed: false,
  fixed: '',
  note: 'orders get an index',
};
const retry: Migrate = { ...begin, phase: 'retry', fixed: 'built concurrently', note: '' };
const end = { do: 'migrate', phase: 'end', target: 'shop', failed: false, note: '' } as const;

/** Whether the engine may look at a set is all that counts: the sets are a test's own. */
const sets = new Map<string, { readonly madeAt: number; readonly problems?: readonly string[] }>();

function policy(volumes: readonly string[] = []): BackupPolicy {
  const all = { name: 'all', files: [], repositories: [], containers: [] };
  return {
    directory: '/backups',
    keyFile: null,
    compression: 'zstd',
    retention: { keepMs: DAY, least: 1, mostBytes: null },
    recipes: {
      all: { ...all, stores: [], volumes },
      mongo: { ...all, name: 'mongo', stores: ['mongo'], volumes },
      milvus: { ...all, name: 'milvus', stores: ['milvus'], volumes },
      cache: { ...all, name: 'cache', stores: ['cache'], volumes },
    },
    schedule: [],
  };
}

const risks: DataRisks = {
  mongodb: { risk: 'medium', migration: 'caution', note: 'no transactions over documents' },
  milvus: { risk: 'high', migration: 'no', note: 'volume snapshots required' },
  redis: { risk: 'none', migration: 'yes', note: '' },
};
const stores = {
  mongo: { kind: 'mongodb', name: 'mongo' },
  milvus: { kind: 'milvus', name: 'milvus', volumes: ['milvus_data'] },
  cache: { kind: 'redis', name: 'cache' },
} as unknown as Readonly<Record<string, DataStore>>;

/** A rule that counts only while deploying, on the share of slow queries. */
const options: WatchingOptions = {
  rules: {
    slow: {
      measure: 'slow',
      levels: { critical: { above: 0.5, forMs: MINUTE, whileDeploying: true } },
    },
  },
  configuration: { environment: 'production', backups: policy() },
};

async function prepared(more: WatchingOptions = {}): Promise<Watching> {
  const w = await watching({ ...options, backupSet: (id) => Promise.resolve(found(id)), ...more });
  sets.set('b-1', { madeAt: w.clock.now() });
  return w;
}

function found(id: string) {
  const known = sets.get(id);
  if (known === undefined) return null;
  const { madeAt, problems = [] } = known;
  return {
    ...aSet,
    set: { ...aSet.set, id, recipe: 'all', madeAt, parts: [] },
    verdict: { set: id, at: madeAt, by: 'reading' as const, problems },
  };
}

describe('the window of a migration', () => {
  test('makes levels that are valid while deploying count until it is ended, and says what breached', async () => {
    const told = { above: 0.5, forMs: MINUTE, whileDeploying: true };
    await using w = await prepared({ rules: { slow: { measure: 'slow', levels: { medium: told } } } });
    w.world.show('slow', 0.9);
    await w.wait(10 * MINUTE);
    expect(await w.state()).toBe('no incident');

    w.world.show('slow', 0);
    await w.wait(MINUTE);
    expect(await w.asks(begin)).toEqual({
      accepted: true,
      message: 'shop: levels that are valid while deploying count for 2h; rollbackd migrate end shop',
      incident: null,
    });
    await w.wait(HOUR + 30 * MINUTE);
    w.world.show('slow', 0.9);
    await w.wait(2 * MINUTE);
    const { id } = await w.incident();
    expect(await w.state()).toBe('investigating');
    w.world.show('slow', 0);
    await w.wait(10 * MINUTE);

    expect((await w.asks(end)).message).toBe(
      `the migration of shop ended well: 1 rule was watched for 1h42m; this breached: MEDIUM shop/slow (${id}, recovered)`,
    );
    expect(w.control('migration:shop')).toBeNull();
    w.world.show('slow', 0.9);
    await w.wait(10 * MINUTE);
    expect(await w.state()).toBe('closed: recovered');
  });

  test('is open after a restart, and closes itself when its time is over, also while the daemon is away', async () => {
    await using w = await prepared();
    await w.asks(begin);
    await w.restart(HOUR);
    expect(w.engine.core.parts.releases.deploying('shop', w.clock.now())).toBe(true);
    expect(
      (await migrationView(w.engine.core, { target: 'shop', recipe: null, again: false })).open,
    ).toMatchObject({
      by: 'alice',
      set: 'b-1',
      release: w.world.release('v1'),
    });

    await w.restart(2 * HOUR);
    await w.wait(SECOND);
    expect((await w.journal('migration.expired')).map(({ message }) => message)).toEqual([
      'the migration of shop is closed: its time was over after 3h, and nobody ended it; nothing breached',
    ]);
    expect(w.control('migration:shop')).toBeNull();
    expect(w.engine.core.parts.releases.deploying('shop', w.clock.now())).toBe(false);
  });

  test.each([
    ['before', false],
    ['after', true],
  ] as const)('is open after a daemon died right %s its commit: %s', async (side, open) => {
    await using w = await prepared();
    w.killAt({ commit: 1, side });
    await w.asks(begin);
    expect(w.killed()).toBe(true);
    await w.restart();

    expect(w.engine.core.parts.releases.deploying('shop', w.clock.now())).toBe(open);
    expect(await w.journal('migration.begun')).toHaveLength(open ? 1 : 0);
  });

  test('is told to people when it opens and closes', async () => {
    await using w = await prepared();
    await w.asks(begin);
    await w.wait(MINUTE);
    await w.asks({ ...end, failed: true, note: 'the index was wrong' });

    expect((await w.told()).slice(-2)).toEqual([
      'alice began a migration of shop, for 2h at most, behind b-1: orders get an index',
      'alice ended the migration of shop as failed: the index was wrong; 1 rule was watched for 1m; nothing breached',
    ]);
    expect((await w.asks(end)).message).toBe('no migration of shop goes on');
  });
});

describe('a migration does not begin', () => {
  test.each([
    ['without a set', { set: null }, 'it takes a backup set that was made for it'],
    [
      'behind a set that is not there',
      { set: 'b-9' },
      'there is no backup set b-9; rollbackd backup list shows those there are',
    ],
    ['by another recipe than its set', { recipe: 'cache' }, 'b-1 was made by the recipe all, not by cache'],
    [
      'by a recipe that there is not',
      { recipe: 'none' },
      'there is no recipe none; the configuration has all, mongo, milvus, cache',
    ],
  ] as const)('%s', async (_, change, why) => {
    await using w = await prepared();

    expect(await w.asks({ ...begin, ...change })).toEqual({
      accepted: false,
      message: `no migration of shop: ${why}`,
      incident: null,
    });
    expect(w.control('migration:shop')).toBeNull();
  });

  test('behind a set that does not read back, or is old', async () => {
    await using w = await prepared();
    sets.set('b-2', { madeAt: w.clock.now(), problems: ['mongo is cut off'] });
    expect((await w.asks({ ...begin, set: 'b-2' })).message).toBe(
      'no migration of shop: b-2 did not read back: mongo is cut off',
    );

    await w.wait(HOUR + MINUTE);
    expect((await w.asks(begin)).message).toBe(
      'no migration of shop: b-1 is 1h1m old: a migration takes a set that was made for it',
    );
  });

  test('while halted, frozen, or while another one goes on', async () => {
    await using w = await prepared();
    w.halted = 'the file /HALT is there';
    await w.asks({ do: 'freeze', target: 'shop', forMs: 10 * MINUTE, note: '' });
    expect((await w.asks(begin)).message).toMatch(
      /^no migration of shop: nothing may start: the file \/HALT is there; shop is frozen by alice until/,
    );

    w.halted = null;
    await w.asks({ do: 'unfreeze', target: 'shop' });
    await w.asks(begin);
    expect((await w.asks(begin)).message).toBe(
      'no migration of shop: a migration of shop by alice goes on for 2h more; rollbackd migrate end shop',
    );
  });

  test('of a store whose volumes the recipe leaves out', async () => {
    await using w = await prepared({
      configuration: { ...options.configuration, dataRisks: risks, dataStores: stores },
    });

    expect((await w.asks({ ...begin, recipe: 'milvus' })).message).toBe(
      'no migration of shop: milvus is not safe to migrate without its volume milvus_data, which the recipe milvus leaves out',
    );
  });

  test('behind a set that does not hold what the store needs', async () => {
    await using w = await prepared({
      configuration: {
        ...options.configuration,
        dataRisks: risks,
        dataStores: stores,
        backups: policy(['milvus_data']),
      },
      backupSet: () =>
        Promise.resolve({
          ...aSet,
          set: {
            ...aSet.set,
            recipe: 'milvus',
            madeAt: w.clock.now(),
            parts: [{ ...aSet.set.parts[0]!, kind: 'store', name: 'milvus' }],
          },
        }),
    });

    expect((await w.asks({ ...begin, recipe: 'milvus', confirmed: true })).message).toBe(
      'no migration of shop: b-1 does not hold volume:milvus_data',
    );
  });

  test('of a store that takes caution, before a person has confirmed it; a cache is free', async () => {
    await using w = await prepared({
      configuration: { ...options.configuration, dataRisks: risks, dataStores: stores },
      backupSet: (id) =>
        Promise.resolve({
          ...aSet,
          set: {
            ...aSet.set,
            id,
            recipe: id,
            madeAt: w.clock.now(),
            parts: [{ ...aSet.set.parts[0]!, kind: 'store', name: 'mongo' }],
          },
        }),
    });
    const mongo = { ...begin, recipe: 'mongo', set: 'mongo' };
    const view = await migrationView(w.engine.core, { target: 'shop', recipe: 'mongo', again: false });
    expect(view.confirm).toEqual(['mongo: medium risk of loss, no transactions over documents']);
    expect(view.checks.find(({ done }) => done === false)).toEqual({
      what: 'the recipe holds every store of data',
      done: false,
      detail: 'left out: milvus (milvus)',
    });
    expect((await w.asks(mongo)).message).toBe(
      'no migration of shop: a person has to confirm what may be lost: mongo: medium risk of loss, no transactions over documents',
    );
    expect((await w.asks({ ...mongo, confirmed: true })).accepted).toBe(true);

    await w.asks(end);
    expect((await w.asks({ ...begin, recipe: 'cache', set: 'cache' })).accepted).toBe(true);
  });
});

test('an environment without backups takes no set and asks nobody', async () => {
  await using w = await prepared({
    configuration: { environment: 'development', dataRisks: risks, dataStores: stores, backups: null },
  });

  expect((await w.asks({ ...begin, recipe: 'mongo', set: null })).accepted).toBe(true);
  expect((await w.journal('migration.begun'))[0]?.message).toBe(
    'alice began a migration of shop, for 2h at most, without a backup set, as this environment makes none: orders get an index',
  );
});

describe('a migration is tried again', () => {
  /** The first try breaks, and is rolled back. */
  async function rolledBack(): Promise<Watching> {
    const w = await prepared();
    await w.asks(begin);
    await w.deploy('v2');
    w.world.show('slow', (target) => (w.world.version(target) === 'v2' ? 0.9 : 0));
    await w.wait(10 * MINUTE);
    return w;
  }

  test('and the first try failed with its rollback', async () => {
    await using w = await rolledBack();
    const { id } = await w.incident();

    expect(w.world.ledger).toEqual(['shop: v2 → v1']);
    expect(await w.state()).toBe('closed: rolled_back');
    const [failed] = await w.journal('migration.failed');
    expect(failed?.message).toMatch(
      new RegExp(
        `^the migration of shop is closed: ${id} rolled it back after \\S+; this breached: CRITICAL shop/slow`,
      ),
    );
  });

  test('behind a fresh set only, with its rules read twice as often', async () => {
    await using w = await rolledBack();
    const { id } = await w.incident();
    expect((await w.asks(retry)).message).toMatch(
      /^no migration of shop: b-1 is \S+ old: a migration takes a set that was made for it$/,
    );

    await w.wait(HOUR);
    sets.set('b-2', { madeAt: w.clock.now() });
    const view = await migrationView(w.engine.core, { target: 'shop', recipe: 'all', again: true });
    expect(view.checks.slice(0, 2)).toEqual([
      { what: 'the last rollback was verified', done: true, detail: expect.stringContaining(id) },
      {
        what: 'what runs now is proven good, to be gone back to',
        done: true,
        detail: expect.stringContaining('is good'),
      },
    ]);
    expect(view.checks.filter(({ done }) => done === null)).toHaveLength(5);
    expect((await w.asks({ ...retry, set: 'b-2' })).message).toBe(
      'shop: levels that are valid while deploying count for 2h, its rules are read more often; rollbackd migrate end shop',
    );
    let reads = 0;
    w.world.show('slow', () => {
      reads += 1;
      return 0;
    });
    await w.wait(2 * MINUTE);
    expect(reads).toBe(24);
    await w.asks(end);
    reads = 0;
    await w.wait(2 * MINUTE);
    expect(reads).toBe(12);
  });

  test('not without what was fixed, and not where nothing was rolled back', async () => {
    await using w = await prepared();

    expect((await w.asks({ ...retry, fixed: '' })).message).toBe(
      'shop was rolled back: say what was found and fixed since, with --fixed',
    );
    expect((await w.asks(retry)).message).toBe(
      'no migration of shop: nothing was rolled back on shop: rollbackd migrate begin is for a migration that is not tried again',
    );
  });

  test('not behind a rollback that was not verified', async () => {
    await using w = await prepared();
    await w.asks(begin);
    await w.deploy('v2');
    // The breach goes on after the rollback.
    w.world.show('slow', 0.9);
    await w.wait(20 * MINUTE);
    const { id } = await w.incident();

    expect(await w.state()).toBe('handed_over');
    expect((await w.asks(retry)).message).toContain(
      `the last rollback of shop, ${id}, was not verified: handed over`,
    );
  });
});
