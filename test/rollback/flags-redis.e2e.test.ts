import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import { httpClient } from '../../src/clients/http.ts';
import { openRedis } from '../../src/clients/redis.ts';
import { flagsSetDriver } from '../../src/rollback/drivers/flags-set.ts';
import { testRedis } from '../support/redis.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId } from './a-step.ts';

test('a key and a field of a real Redis are set, read back, and put back; one that expires goes on expiring', async () => {
  const { store, kill } = await testRedis();
  const redis = (...args: string[]): string =>
    execFileSync('redis-cli', ['-p', String(store.port), ...args], { encoding: 'utf8' }).trimEnd();
  const clock = systemClock();
  const driver = flagsSetDriver({
    http: httpClient({ clock }),
    environment: {},
    stores: { cache: store },
    open: openRedis,
    files: { hostRoot: '/', roots: [] },
    records: effectRecords(aDirectory(), clock),
  });
  const stepOf = (flag: object) =>
    aStep('flags.set', driver.options.parse({ redis: { store: 'cache', ...flag } }));
  const refusal = async (flag: object) => {
    const step = stepOf(flag);
    return (await driver.preflight(step, await driver.read(step, never), never)).map(
      ({ message }) => message,
    );
  };
  redis('SET', 'new-storage', 'on', 'EX', '1000');
  redis('HSET', 'features', 'pools', 'on', 'other', 'kept');

  const plain = stepOf({ key: 'new-storage', value: 'off' });
  expect(driver.describe(plain, await driver.read(plain, never))).toBe(
    'set the key new-storage in cache to "off" (was "on")',
  );
  expect(await driver.apply(plain, opId, never)).toEqual({
    ended: 'done',
    detail: 'the key new-storage in cache: "off" (was "on")',
  });
  expect([redis('GET', 'new-storage'), Number(redis('TTL', 'new-storage')) > 900]).toEqual(['off', true]);
  expect(await driver.probe(plain, opId, never)).toBe('done');
  expect(await driver.undo?.(plain, opId, never)).toMatchObject({ ended: 'done' });
  expect([redis('GET', 'new-storage'), Number(redis('TTL', 'new-storage')) > 900]).toEqual(['on', true]);

  const field = stepOf({ key: 'features', field: 'pools', value: null });
  expect(await driver.apply(field, `${opId}1`, never)).toMatchObject({ ended: 'done' });
  expect(redis('HGETALL', 'features')).toBe('other\nkept');
  expect(await driver.undo?.(field, `${opId}1`, never)).toMatchObject({ ended: 'done' });
  expect(redis('HGET', 'features', 'pools')).toBe('on');

  const fresh = stepOf({ key: 'fresh', value: '1' });
  expect(await driver.apply(fresh, `${opId}2`, never)).toMatchObject({ ended: 'done' });
  expect(await driver.undo?.(fresh, `${opId}2`, never)).toMatchObject({ ended: 'done' });
  expect(redis('EXISTS', 'fresh')).toBe('0');

  const [wrong] = await refusal({ key: 'features', value: '1' });
  expect(wrong).toMatch(/^could not read a key in cache .*: it said WRONGTYPE/);
  expect(await refusal({ store: 'nowhere', key: 'a', value: '1' })).toEqual([
    'there is no data store nowhere; data_stores has cache',
  ]);
  await kill();
  await expect(driver.apply(plain, `${opId}3`, never)).rejects.toMatchObject({ recourse: 'retry' });
});
