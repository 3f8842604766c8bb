import { expect, test } from 'vitest';
import type { BackedUp } from '../../src/domain/backup.ts';
import { demandOf, moreCareful, type DataRisk, type DataRisks } from '../../src/domain/data-risk.ts';
import type { DataStore } from '../../src/domain/data-store.ts';
import type { Backups } from '../../src/domain/ports/backups.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import { uncovered, type DataGuard } from '../../src/rollback/guarded-data.ts';
import { planner } from '../../src/rollback/planner.ts';
import { aStep, never, shop } from './a-step.ts';
import { z } from 'zod';

/** The table of the runbook, as far as it matters here. */
const risks: DataRisks = {
  mysql: { risk: 'low', migration: 'yes', note: 'Transactional' },
  mongodb: { risk: 'medium', migration: 'caution', note: 'No multi-document transactions' },
  redis: { risk: 'none', migration: 'yes', note: 'Will rebuild' },
  milvus: { risk: 'high', migration: 'no', note: 'Volume snapshots required' },
};

const server = { host: 'db', port: 1, tls: false, user: null, password: null } as const;
const database = { ...server, database: 'shop', toolsIn: null, schemaQuery: null } as const;
const vectors = { kind: 'milvus', url: 'http://milvus', key: null } as const;
const stores: Readonly<Record<string, DataStore>> = {
  orders: { kind: 'mysql', name: 'orders', ...database },
  chats: { kind: 'mongodb', name: 'chats', ...database },
  ledger: { kind: 'postgres', name: 'ledger', ...database },
  cache: { kind: 'redis', name: 'cache', ...server, database: 0 },
  meanings: { name: 'meanings', ...vectors, volumes: ['milvus_data'] },
  lost: { name: 'lost', ...vectors, volumes: [] },
};

const store = (name: string): BackedUp => ({ kind: 'store', name });
const volume = (name: string): BackedUp => ({ kind: 'volume', name });

/** A driver whose options say what it backs up or replaces. */
function acting(kind: 'backup' | 'replace'): Driver {
  const options = z.object({ things: z.array(z.custom<BackedUp>()) });
  const things = (step: { readonly options: unknown }) => options.parse(step.options).things;
  return {
    kind,
    effect: 'probe',
    risk: kind === 'backup' ? 'safe' : 'disruptive',
    options,
    deadlineMs: 1000,
    needsRelease: false,
    read: () => Promise.resolve({ identity: '', detail: {} }),
    preflight: () => Promise.resolve([]),
    describe: () => kind,
    apply: () => Promise.resolve({ ended: 'done', detail: '' }),
    probe: () => Promise.resolve('done'),
    byHand: () => [],
    ...(kind === 'backup' ? { backsUp: things } : { replaces: things }),
  };
}

type Written = readonly ['backup' | 'replace', ...BackedUp[]];

function planned(steps: readonly Written[], { isDevelopment = false } = {}) {
  const guard: DataGuard = { isDevelopment: () => isDevelopment, worth: () => ({ risks, stores }) };
  const playbook = {
    id: 'shop/service',
    steps: steps.map(([kind, ...things]) => ({ kind, options: { things }, deadlineMs: 1000, retries: 0 })),
    verification: { settleMs: 0, phases: [] },
    objectives: { rollbackMs: 1, verificationMs: 1, totalMs: 2 },
    otherwisePlaybook: null,
    communication: null,
  };
  const drivers = { backup: acting('backup'), replace: acting('replace') };
  const request = { incident: 'i-1', target: shop, playbook, from: null, to: null, at: 0 };
  return planner(drivers, guard).build(request, never);
}

test('what has no risk is replaced without a backup, and nobody is asked', async () => {
  const { plan } = await planned([['replace', store('cache')]]);
  expect(plan?.findings).toEqual([]);
  expect(plan?.steps[0]?.risk).toBe('disruptive');
});

test('a store that may migrate is replaced behind a backup of it, and not without', async () => {
  expect((await planned([['replace', store('orders')]])).refusal).toBe(
    'replace replaces orders (store), and no backup step before it covers that; put backup: { recipe: … } with a recipe that holds it before the step',
  );
  const { plan } = await planned([
    ['backup', store('orders')],
    ['replace', store('orders')],
  ]);
  expect(plan?.findings).toEqual([]);
  expect(plan?.steps[1]?.risk).toBe('disruptive');
});

test('a store without a row is as it was: replaced behind a backup', async () => {
  expect((await planned([['replace', store('ledger')]])).refusal).toMatch(/^replace replaces ledger/);
  const { plan } = await planned([
    ['backup', store('ledger')],
    ['replace', store('ledger')],
  ]);
  expect(plan?.findings).toEqual([]);
});

test('caution asks a person, whatever the step calls itself', async () => {
  expect((await planned([['replace', store('chats')]])).refusal).toMatch(/no backup step before it/);
  const { plan } = await planned([
    ['backup', store('chats')],
    ['replace', store('chats')],
  ]);
  expect(plan?.steps.map(({ risk }) => risk)).toEqual(['safe', 'destructive-data']);
  expect(plan?.findings).toEqual([
    {
      level: 'warn',
      step: 1,
      message:
        'replace replaces chats, which a person has to approve: the risk is medium (No multi-document transactions)',
    },
  ]);
});

test('a store that may not migrate needs its volumes in the same set, and a person', async () => {
  const missing =
    'replace replaces meanings (store), and no one backup step before it covers meanings (store) and milvus_data (volume); put backup: { recipe: … } with a recipe that holds all of them before the step';
  const replace: Written = ['replace', store('meanings')];
  expect((await planned([replace])).refusal).toBe(missing);
  expect((await planned([['backup', store('meanings')], replace])).refusal).toBe(missing);
  const apart: readonly Written[] = [
    ['backup', store('meanings')],
    ['backup', volume('milvus_data')],
  ];
  expect((await planned([...apart, replace])).refusal).toBe(missing);
  const { plan } = await planned([['backup', store('meanings'), volume('milvus_data')], replace]);
  expect(plan?.steps[1]?.risk).toBe('destructive-data');
});

test('a store whose volumes nobody named cannot be replaced', async () => {
  const steps: readonly Written[] = [
    ['backup', store('lost')],
    ['replace', store('lost')],
  ];
  expect((await planned(steps)).refusal).toBe(
    'replace replaces lost (store): no volumes of lost are known, and milvus is replaced only behind copies of them; name them in data_stores.lost.milvus.volumes',
  );
});

test('a volume counts as the store that keeps its data in it', async () => {
  const { plan } = await planned([
    ['backup', volume('milvus_data')],
    ['replace', volume('milvus_data')],
  ]);
  expect(plan?.steps[1]?.risk).toBe('destructive-data');
});

test('where backups are skipped a lack of them only warns, and people are asked all the same', async () => {
  const { plan } = await planned([['replace', store('chats')]], { isDevelopment: true });
  expect(plan?.steps[0]?.risk).toBe('destructive-data');
  expect(plan?.findings.map(({ level }) => level)).toEqual(['warn', 'warn']);
});

/** Sets of an incident, newest first, as far as the guard asks for them. */
function having(sets: readonly (readonly BackedUp[])[]): Pick<Backups, 'ofIncident'> {
  return {
    ofIncident: (_incident, kind, name) => {
      const parts = sets.find((set) => set.some((held) => held.kind === kind && held.name === name));
      return Promise.resolve(parts === undefined ? null : ({ parts } as never));
    },
  };
}

test.each([
  { sets: [], name: 'cache', says: null },
  { sets: [[store('orders')]], name: 'orders', says: null },
  {
    sets: [],
    name: 'orders',
    says: 'replace changes nothing: no backup set of i-7k3f9a that was read back holds orders (store)',
  },
  { sets: [[store('meanings'), volume('milvus_data')]], name: 'meanings', says: null },
  { sets: [[store('meanings')], [store('meanings'), volume('milvus_data')]], name: 'meanings', says: null },
  {
    sets: [[store('meanings')]],
    name: 'meanings',
    says: 'replace changes nothing: no backup set of i-7k3f9a that was read back holds milvus_data (volume)',
  },
  {
    sets: [[store('meanings')], [volume('milvus_data')]],
    name: 'meanings',
    says: 'replace changes nothing: no one backup set of i-7k3f9a holds meanings (store) and milvus_data (volume) together',
  },
])('when it is applied, $name behind $sets.length sets', async ({ sets, name, says }) => {
  const guard = { isDevelopment: () => false, worth: () => ({ risks, stores }) };
  const backups = having(sets) as Backups;
  expect(await uncovered({ ...guard, backups }, aStep('replace', {}), [store(name)])).toBe(says);
});

test('of two packs neither takes back what the other asks for', () => {
  const careful: DataRisk = { risk: 'none', migration: 'caution', note: 'a person knows' };
  const costly: DataRisk = { risk: 'high', migration: 'yes', note: 'nothing rebuilds it' };
  const both = { risk: 'high', migration: 'caution' };
  expect(moreCareful(careful, costly)).toEqual({ ...both, note: 'a person knows; nothing rebuilds it' });
  expect(moreCareful(costly, careful)).toEqual({ ...both, note: 'nothing rebuilds it; a person knows' });
  expect(moreCareful(costly, { ...costly, risk: 'low', note: 'less' })).toEqual(costly);
});

test('a risk of none asks for no set, but keeps what the word asks for', () => {
  const demanded = (migration: DataRisk['migration']) =>
    demandOf(store('meanings'), { stores, risks: { milvus: { risk: 'none', migration, note: '' } } });
  expect(demanded('yes')).toMatchObject({ held: [], asks: false });
  expect(demanded('caution')).toMatchObject({ held: [], asks: true });
  expect(demanded('no')).toMatchObject({ held: [store('meanings'), volume('milvus_data')], asks: true });
});
