import { expect, test } from 'vitest';
import type { DataIntegrity } from '../../src/domain/data-integrity.ts';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { incidentView } from '../../src/engine/views/incident.ts';
import { watching, type Watching } from './watching.ts';

const orders: DataIntegrity = {
  name: 'shop_db: orders',
  before: 10_412,
  after: 10_409,
  lost: 0,
  corrupted: 0,
  orphaned: null,
  how: 'rows against the manifest of the set',
};
const carts: DataIntegrity = { ...orders, name: 'shop_db: carts', before: 7, after: 5, lost: 2, orphaned: 1 };

/** A playbook that makes a set, restores from it, and goes back; what the restoration counts is up to the case. */
function restoring(counts: readonly DataIntegrity[] | null, more: Partial<Driver> = {}): Promise<Watching> {
  const step = (kind: string) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 0 });
  const store = { kind: 'store', name: 'shop_db' } as const;
  return watching({
    drivers: (world) => [
      world.driver('save', 'probe', 'safe', { backsUp: () => [store] }),
      world.driver('restore', 'probe', 'disruptive', {
        replaces: () => [store],
        ...(counts === null
          ? {}
          : {
              apply: (): Promise<EffectOutcome> =>
                Promise.resolve({ ended: 'done', detail: 'restored', integrity: counts }),
            }),
        ...more,
      }),
      world.driver('move'),
    ],
    playbooks: { service: { steps: [step('save'), step('restore'), step('move')] } },
  });
}

async function breakIt(w: Watching): Promise<void> {
  await w.deploy('v2');
  w.breaks('v2');
  await w.wait(5 * MINUTE);
}

async function factsOfRestore(w: Watching): Promise<unknown> {
  const entries = await w.journal('effect.done');
  return entries.find(({ message }) => message.includes('restore'))?.facts['integrity'];
}

test('what a step counted stands in the journal, the incident, the ledger and the last message', async () => {
  await using w = await restoring([orders, carts]);
  await breakIt(w);

  const { id } = await w.incident();
  expect(await factsOfRestore(w)).toEqual([orders, carts]);
  const view = await incidentView(w.engine.core, id);
  expect(view?.integrity).toEqual([orders, carts]);
  const sums = {
    things: 2,
    lost: { records: 2, uncounted: 0 },
    corrupted: { records: 0, uncounted: 0 },
    orphaned: { records: 1, uncounted: 1 },
  };
  expect(view?.data).toEqual(sums);
  expect((await w.store.ledger({}))[0]?.data).toEqual(sums);
  expect((await w.messagesToPeople()).at(-1)?.text).toContain(
    'data: 2 lost, 0 corrupted, 1 orphaned (1 of 2 not counted)',
  );
});

test('it survives that the daemon is killed right after', async () => {
  await using w = await restoring([orders, carts]);
  await w.deploy('v2');
  w.breaks('v2');
  w.world.troubles.set('move', 'never answers');
  await w.wait(65 * SECOND);
  expect(await factsOfRestore(w)).toEqual([orders, carts]);
  w.world.troubles.clear();
  await w.restart(SECOND);
  await w.wait(5 * MINUTE);

  expect(await w.state()).toBe('closed: rolled_back');
  expect((await w.store.ledger({}))[0]?.data).toMatchObject({ things: 2, lost: { records: 2 } });
});

test('a step that is found done after a crash was not counted, and nobody calls it 0', async () => {
  await using w = await restoring(null);
  await w.deploy('v2');
  w.breaks('v2');
  w.world.troubles.set('restore', 'happens, never answers');
  await w.wait(65 * SECOND);
  w.world.troubles.clear();
  await w.restart(SECOND);
  await w.wait(5 * MINUTE);

  expect(await w.state()).toBe('closed: rolled_back');
  expect(await factsOfRestore(w)).toEqual([
    {
      name: 'shop_db',
      before: null,
      after: null,
      lost: null,
      corrupted: null,
      orphaned: null,
      how: 'not counted: what the step counted was lost when it was cut off',
    },
  ]);
  expect((await w.messagesToPeople()).at(-1)?.text).toContain(
    'data: lost not counted, corrupted not counted, orphaned not counted',
  );
});

test('a step that is found done after a crash tells what it had noted, and nothing where that cannot be read', async () => {
  const foundDone = async (integrityOf: NonNullable<Driver['integrityOf']>): Promise<unknown> => {
    await using w = await restoring(null, { integrityOf });
    await w.deploy('v2');
    w.breaks('v2');
    w.world.troubles.set('restore', 'happens, never answers');
    await w.wait(65 * SECOND);
    w.world.troubles.clear();
    await w.restart(SECOND);
    await w.wait(5 * MINUTE);
    expect(await w.state()).toBe('closed: rolled_back');
    return await factsOfRestore(w);
  };

  expect(await foundDone(() => Promise.resolve([orders, carts]))).toEqual([orders, carts]);
  expect(await foundDone(() => Promise.reject(new Error('unreadable')))).toMatchObject([
    { name: 'shop_db', lost: null, how: 'not counted: what the step counted was lost when it was cut off' },
  ]);
});

test('a step that replaces data and tells no counts is listed as not counted', async () => {
  await using w = await restoring(null);
  await breakIt(w);

  expect(await factsOfRestore(w)).toMatchObject([
    { name: 'shop_db', lost: null, how: 'not counted: the step told no counts' },
  ]);
});

test('names and ways of counting lose what is secret in them', async () => {
  await using w = await restoring([{ ...orders, name: 's3cr3t: orders', how: 'as s3cr3t' }]);
  await breakIt(w);

  expect(await factsOfRestore(w)).toMatchObject([{ name: '[secret]: orders', how: 'as [secret]' }]);
});

test('an incident whose steps replaced nothing says nothing of data', async () => {
  await using w = await watching();
  await breakIt(w);

  expect((await w.store.ledger({}))[0]?.data).toBeNull();
  expect((await w.messagesToPeople()).at(-1)?.text).not.toContain('data:');
});

test('what is put back takes the place of what was counted', async () => {
  const undone: DataIntegrity = {
    ...orders,
    name: 'shop_db',
    how: 'put back, not counted again',
    lost: null,
  };
  await using w = await restoring([carts], {
    undo: () => Promise.resolve({ ended: 'done', detail: 'put back', integrity: [undone] }),
  });
  await w.deploy('v2');
  w.breaks('v2');
  w.world.troubles.set('move', 'fails');
  await w.wait(5 * MINUTE);

  const { id } = await w.incident();
  expect((await incidentView(w.engine.core, id))?.integrity).toEqual([undone]);
});
