import { z } from 'zod';
import { expect, test } from 'vitest';
import type { Driver } from '../../src/domain/ports/driver.ts';
import { planner } from '../../src/rollback/planner.ts';
import { snapshotOptions } from '../../src/rollback/volume/options.ts';
import { never, shop } from './a-step.ts';

/** A driver that has nothing against anything. */
function willing(kind: string, options: Driver['options']): Driver {
  return {
    kind,
    effect: 'probe',
    risk: 'safe',
    options,
    deadlineMs: 1000,
    needsRelease: false,
    read: () => Promise.resolve({ identity: '', detail: {} }),
    preflight: () => Promise.resolve([]),
    describe: () => kind,
    apply: () => Promise.resolve({ ended: 'done', detail: '' }),
    probe: () => Promise.resolve('done'),
    byHand: () => [],
  };
}

const drivers = {
  'volume.snapshot': willing('volume.snapshot', snapshotOptions),
  'write.quiesce': willing('write.quiesce', z.unknown()),
};

const written = (kind: string, options: object) => ({ kind, options, deadlineMs: 1000, retries: 0 });
const hold = written('write.quiesce', {});
const snapshot = (writers: string) => written('volume.snapshot', { volumes: ['data'], writers });

async function refusalOf(...steps: readonly ReturnType<typeof written>[]): Promise<string | null> {
  const playbook = {
    id: 'shop/service',
    steps,
    verification: { settleMs: 0, phases: [] },
    objectives: { rollbackMs: 1, verificationMs: 1, totalMs: 2 },
    otherwisePlaybook: null,
    communication: null,
  };
  const request = { incident: 'i-7k3f9a', target: shop, playbook, from: null, to: null, at: 0 };
  return (await planner(drivers).build(request, never)).refusal;
}

test('a copy that rests on writes being held off needs a step before it that holds them off', async () => {
  const why =
    'volume.snapshot has writers: quiesced, and no write.quiesce step before it holds writes off; put one before it, or let writers be stopped';
  expect(await refusalOf(snapshot('quiesced'))).toBe(why);
  expect(await refusalOf(snapshot('quiesced'), hold)).toBe(why);
  expect(await refusalOf(hold, snapshot('quiesced'))).toBeNull();
  expect(await refusalOf(snapshot('stop'), snapshot('running'))).toBeNull();
});
