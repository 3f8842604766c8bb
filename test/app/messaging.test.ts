import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { settle } from '../fakes/clock.ts';
import { receiver } from '../notify/webhook/receiver.ts';
import { Running } from './running.ts';

const alice = { name: 'alice', role: 'admin' } as const;

/** A daemon that tells by webhooks, each `name: url` or `name: url audience`. */
async function telling(webhooks: Readonly<Record<string, string>>, notify = ''): Promise<Running> {
  const running = new Running();
  const lines = Object.entries(webhooks).map(([name, written]) => {
    const [url = '', audience = 'internal'] = written.split(' ');
    return `  ${name}: { url: '${url}', audience: ${audience} }`;
  });
  running.main(['webhooks:', ...lines, notify].join('\n'));
  return running.start();
}

const titlesOf = (received: readonly { readonly body: string }[]): string[] =>
  received.map(({ body }) => (JSON.parse(body) as { title: string }).title);

/** Real sockets take real time; the clock of the daemon stands still meanwhile. */
async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await settle();
}

async function journaled(running: Running, type: string): Promise<readonly string[]> {
  const entries = await running.daemon.entries({ limit: 1_000 });
  return entries.filter((entry) => entry.type === type).map(({ message }) => message);
}

test('a trial sends one message of each kind to each channel, and says what came of it', async () => {
  await using pager = await receiver();
  await using status = await receiver();
  await using broken = await receiver();
  broken.answers.push((response) => void response.writeHead(400).end());
  await using running = await telling({
    pager: pager.url,
    status: `${status.url} external`,
    broken: broken.url,
  });

  const tried = await running.daemon.notifyTest(alice);

  expect(tried).toEqual([
    { channel: 'pager', ok: true, detail: '3 messages sent' },
    { channel: 'status', ok: true, detail: '1 message sent' },
    {
      channel: 'broken',
      ok: false,
      detail:
        'after 0 messages: the webhook broken answered HTTP 400: it does not take the message; check its address and secret',
    },
  ]);
  const withoutId = (title: string): string => title.replace(/test-[\w-]{8}/, 'ID');
  expect(titlesOf(pager.received).map(withoutId)).toEqual([
    'HIGH TEST ID: TEST: this is how an incident is told. Nothing is wrong, nothing will be done',
    'HIGH TEST ID: TEST: this is how you are asked. There is nothing to answer',
    'HIGH TEST ID: TEST: this is how an incident ends',
  ]);
  // Nobody can answer what was never asked.
  expect(pager.received.map(({ body }) => body).join('\n')).not.toMatch(/approve|ticket/);
  expect(titlesOf(status.received)).toEqual([
    'TEST: this is how you are told when something breaks. Nothing is wrong.',
  ]);
  await until(async () => (await journaled(running, 'notify.tested')).length > 0);
  expect(await journaled(running, 'notify.tested')).toEqual([
    'alice had test messages sent: pager ok, status ok, broken failed',
  ]);
});

test('a trial is over in time, though a channel never answers', async () => {
  await using pager = await receiver();
  pager.answers.push(() => {});
  await using running = await telling({ pager: pager.url });
  const trying = running.daemon.notifyTest(alice);
  await until(() => pager.received.length === 1);
  await running.clock.advance(20 * SECOND);

  expect(await trying).toEqual([
    {
      channel: 'pager',
      ok: false,
      detail: 'after 0 messages: the webhook pager could not be reached (timeout); it will be posted again',
    },
  ]);
});

test('a channel that gets nothing through is told of by the others, and shows in the metrics', async () => {
  await using pager = await receiver();
  await using mute = await receiver();
  await using running = await telling({ pager: pager.url, mute: mute.url });
  mute.answers.push(
    ...Array.from({ length: 60 }, () => (response: ServerResponse) => void response.writeHead(500).end()),
  );
  await running.daemon.execute({ do: 'halt', note: 'a drill' }, alice);
  await running.clock.advance(1 * SECOND);
  const about = (words: string): string[] =>
    titlesOf(pager.received).filter((title) => title.includes(words));
  await until(() => about('a drill').length === 1);
  const failing = (): Promise<readonly string[]> => journaled(running, 'channel.failing');
  for (let step = 0; step < 60 && (await failing()).length === 0; step++) {
    const before = mute.received.length;
    await running.clock.advance(10 * SECOND);
    for (let turn = 0; turn < 20 && mute.received.length === before; turn++) await settle();
  }

  const [said = ''] = await failing();
  expect(said).toMatch(
    /^no message gets through to mute since [56]m\d*s?: the webhook mute answered HTTP 500; it will be posted again$/,
  );
  await until(() => about('no message gets through').length === 1);
  expect(about('no message gets through')).toEqual([said]);
  expect(await running.daemon.metrics()).toMatch(
    /^rollbackd_channel_failing\{channel="pager"\} 0\nrollbackd_channel_failing\{channel="mute"\} 1$/m,
  );

  mute.answers.length = 0;
  await running.clock.advance(1 * MINUTE);
  await until(() => about('get through to mute again').length === 1);
  expect(titlesOf(mute.received).at(-1)).toMatch(/a drill/);
});

test('where people are told only outside of the house, the team is told by the log', async () => {
  await using status = await receiver();
  await using running = await telling({ status: `${status.url} external` });

  const tried = await running.daemon.notifyTest(alice);

  expect(tried.map(({ channel }) => channel)).toEqual(['status', 'log']);
});
