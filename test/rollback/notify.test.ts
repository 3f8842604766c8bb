import { expect, test } from 'vitest';
import type { Message } from '../../src/domain/ports/channel.ts';
import { notifyDriver } from '../../src/rollback/drivers/notify.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { aStep, never, opId } from './a-step.ts';

/** An outbox as the store keeps it: one message for each key and channel. */
function telling(channels: readonly string[] = ['slack', 'pager']) {
  const outbox = new Map<string, Message>();
  const driver = notifyDriver({
    clock: new SimulatedClock(),
    channels,
    tell: async (messages) => {
      for (const message of messages) outbox.set(`${message.channel} ${message.key}`, message);
    },
  });
  return { driver, outbox, step: (options: object) => aStep('notify', driver.options.parse(options)) };
}

test('every channel is told, under the key of the effect', async () => {
  const { driver, outbox, step } = telling();
  const outcome = await driver.apply(
    step({ message: 'Rolling back shop\nCall the shop team.' }),
    opId,
    never,
  );
  expect(outcome).toEqual({ ended: 'done', detail: 'told slack, pager' });
  expect(outbox.get(`slack ${opId}`)).toEqual({
    key: opId,
    channel: 'slack',
    incident: 'i-7k3f9a',
    at: start,
    title: 'Rolling back shop',
    text: 'Call the shop team.',
    urgent: false,
    story: null,
  });
});

test('told again after a crash, people read it once', async () => {
  const { driver, outbox, step } = telling();
  const it = step({ message: 'Rolling back shop', channel: 'slack' });
  await driver.apply(it, opId, never);
  expect(await driver.probe(it, opId, never)).toBe('not_done');
  await driver.apply(it, opId, never);
  expect([...outbox.keys()]).toEqual([`slack ${opId}`]);
});

test('a channel that does not exist is refused', async () => {
  const { driver, step } = telling();
  const it = step({ message: 'hello', channel: 'fax' });
  expect(await driver.preflight(it, await driver.read(it, never), never)).toEqual([
    { level: 'refuse', message: 'no channel is called fax; there are slack, pager' },
  ]);
});
