import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import { httpClient } from '../../src/clients/http.ts';
import { openRedis } from '../../src/clients/redis.ts';
import { writeQuiesceDriver } from '../../src/rollback/drivers/write-quiesce.ts';
import { testRedis } from '../support/redis.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId } from './a-step.ts';

test('a key in a real Redis holds writes off, is renewed, and goes by itself when nobody renews it', async () => {
  const { store, client } = await testRedis();
  const clock = systemClock();
  const driver = writeQuiesceDriver({
    clock,
    http: httpClient({ clock }),
    environment: {},
    stores: { cache: store },
    open: openRedis,
    files: { hostRoot: '/', roots: [] },
    records: effectRecords(aDirectory(), clock),
    restart: {} as never,
  });
  const options = (lease: string) =>
    driver.options.parse({ redis: { store: 'cache', key: 'maintenance', value: '1' }, lease });
  const step = aStep('write.quiesce', options('5m'));

  expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
  expect(await client.get('maintenance')).toBe('1');
  expect(await driver.probe(step, opId, never)).toBe('done');
  expect(await driver.release?.(step, opId, never)).toMatchObject({ ended: 'done' });
  expect([await client.get('maintenance'), await client.size()]).toEqual([null, 0]);

  const short = aStep('write.quiesce', options('300ms'));
  const later = `${opId}0`;
  expect(await driver.apply(short, later, never)).toMatchObject({ ended: 'done' });
  await pause(200);
  expect(await driver.renew?.(short, later, never)).toMatchObject({ ended: 'done' });
  await pause(200);
  expect(await client.get('maintenance')).toBe('1');
  while ((await client.get('maintenance')) !== null) await pause(20);
  expect(await driver.renew?.(short, later, never)).toMatchObject({ ended: 'failed' });
});
