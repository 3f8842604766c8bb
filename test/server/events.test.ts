import { expect, test } from 'vitest';
import type { MadeToken } from '../../src/domain/controls.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { anEntry } from '../fakes/daemon-views.ts';
import { Listening } from './listening.ts';
import { serving, tokens } from './serving.ts';

const entries = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => anEntry({ seq: from + index }));

test('each entry is an event with its number, its type and itself as one line of JSON', async () => {
  const { daemon, url } = await serving();
  const entry = anEntry({
    seq: 7,
    type: 'incident.opened',
    message: 'two\nlines',
    facts: { a: '\n\ndata: x' },
  });
  const stream = await Listening.open(`${url}/api/v1/events`);
  await stream.until(({ blocks }) => blocks.length > 0);
  daemon.append(entry);
  await stream.until(({ blocks }) => blocks.length > 1);

  expect(stream.response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'rollbackd-api': '1',
  });
  expect(stream.blocks).toEqual([
    { id: '0', event: null, data: null, comment: false },
    { id: '7', event: 'incident.opened', data: JSON.stringify(entry), comment: false },
  ]);
});

test('it begins after the entry that is named, else with what comes', async () => {
  const { daemon, url } = await serving();
  daemon.append(...entries(1, 450));
  const after = await Listening.open(`${url}/api/v1/events?after=3`);
  const now = await Listening.open(`${url}/api/v1/events`);
  const resumed = await Listening.open(`${url}/api/v1/events?after=3`, { 'last-event-id': '440' });
  await now.until(({ blocks }) => blocks.length > 0);
  daemon.append(...entries(451, 452));

  const all = entries(1, 452).map(({ seq }) => seq);
  for (const [stream, expected] of [
    [after, all.slice(3)],
    [now, all.slice(450)],
    [resumed, all.slice(440)],
  ] as const) {
    await stream.until((one) => one.seen().at(-1) === 452);
    expect(stream.seen()).toEqual(expected);
  }
});

test('of one incident only its entries come, and where to resume moves on with the others', async () => {
  const clock = new SimulatedClock();
  const { daemon, url } = await serving({ clock });
  daemon.append(...entries(1, 3), anEntry({ seq: 4, incident: 'i-other' }));
  const stream = await Listening.open(`${url}/api/v1/events?after=0&incident=i-other`);
  await stream.until((one) => one.seen().length === 1);
  daemon.append(
    ...entries(5, 6),
    anEntry({ seq: 7, incident: 'i-other' }),
    anEntry({ seq: 8, incident: null }),
  );
  await stream.until((one) => one.seen().length === 2);
  await clock.advance(20 * SECOND);
  await stream.until(({ blocks }) => blocks.some(({ comment }) => comment));

  expect(stream.seen()).toEqual([4, 7]);
  expect(stream.blocks.at(-1)).toEqual({ id: '8', event: null, data: null, comment: true });
});

test.each([
  ['?after=x', {}, 400, 'after: must be a whole number'],
  ['?since=1', {}, 400, 'query: unknown key since'],
  ['', { 'last-event-id': '-1' }, 400, 'Last-Event-ID: must be a whole number'],
  ['?incident=i-nope', {}, 404, 'there is no incident i-nope; `rollbackd incidents` lists them'],
])('events%s with %j is refused: %i', async (query, headers, status, detail) => {
  const { send } = await serving();
  expect((await send('GET', `/api/v1/events${query}`, { headers })).body).toMatchObject({ status, detail });
});

test('a comment every 15 s says that the connection lives', async () => {
  const clock = new SimulatedClock();
  const { url } = await serving({ clock });
  const stream = await Listening.open(`${url}/api/v1/events`);
  await stream.until(({ blocks }) => blocks.length > 0);
  const comments = async (): Promise<number> => {
    await new Promise((resolve) => setImmediate(resolve));
    return stream.blocks.filter(({ comment }) => comment).length;
  };

  await clock.advance(13 * SECOND);
  expect(await comments()).toBe(0);
  await clock.advance(1 * MINUTE);
  await stream.until(({ blocks }) => blocks.length > 4);
  expect(await comments()).toBe(4);
});

test('a token that is revoked, or expires, ends its streams and no others', async () => {
  const clock = new SimulatedClock();
  const made = { role: 'viewer', by: 'alice', at: start, revokedAt: null } as const;
  const hash = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b';
  let mine: MadeToken = { ...made, name: 'ci', hash, expiresAt: start + 10 * SECOND };
  const { url } = await serving({ clock, tokens, made: () => ({ tokens: [mine], ever: true }) });
  const open = (secret: string) =>
    Listening.open(`${url}/api/v1/events`, { authorization: `Bearer ${secret}` });
  const [ends, goesOn] = [await open('secret'), await open('secret-of-viewer')];
  for (const stream of [ends, goesOn]) await stream.until(({ blocks }) => blocks.length > 0);

  await clock.advance(8 * SECOND);
  expect(ends.response.closed).toBe(false);
  await clock.advance(4 * SECOND);
  await ends.ended;
  expect(ends.blocks.at(-1)).toEqual({
    id: null,
    event: 'unauthorized',
    data: '{"resumeAfter":0,"why":"the token does not count any more"}',
    comment: false,
  });
  mine = { ...mine, expiresAt: start + 10 * MINUTE };
  const again = await open('secret');
  await again.until(({ blocks }) => blocks.length > 0);
  mine = { ...mine, revokedAt: clock.now() };
  await clock.advance(2 * SECOND);
  await again.ended;
  expect(goesOn.response.closed).toBe(false);
});

test('tokens that a reload took away end their streams at once', async () => {
  const { url, server } = await serving({ tokens });
  const stream = await Listening.open(`${url}/api/v1/events`, { authorization: 'Bearer secret-of-viewer' });
  await stream.until(({ blocks }) => blocks.length > 0);

  server.useTokens(tokens.slice(1));
  await stream.ended;

  expect(stream.blocks.at(-1)?.event).toBe('unauthorized');
});

test('a stop says goodbye, and where to resume', async () => {
  const { daemon, url, server } = await serving();
  daemon.append(...entries(1, 3));
  const stream = await Listening.open(`${url}/api/v1/events?after=0`);
  await stream.until((one) => one.seen().length === 3);

  await server.close();
  await stream.ended;

  expect(stream.blocks.at(-1)).toMatchObject({
    event: 'closing',
    data: '{"resumeAfter":3,"why":"the daemon is stopping; connect again with Last-Event-ID"}',
  });
});

test('256 streams at a time; another one is told to come later, and comes when one has gone', async () => {
  const { url, send } = await serving();
  const open = () => Listening.open(`${url}/api/v1/events`);
  const streams = await Promise.all(Array.from({ length: 256 }, open));
  for (const stream of streams) await stream.until(({ blocks }) => blocks.length > 0);

  const refused = await send('GET', '/api/v1/events');
  expect(refused.body).toEqual({
    status: 429,
    title: 'Too Many Requests',
    code: 'RATE_LIMITED',
    detail: '256 event streams are open already; close one, or connect again later',
  });
  expect(refused.headers['retry-after']).toBe('10');
  streams[0]?.close();
  let status = 429;
  while (status === 429) {
    const one = await open();
    status = one.response.statusCode ?? 0;
  }
  expect(status).toBe(200);
});

test('what all read is read from the store once', async () => {
  const { daemon, url } = await serving();
  const streams = await Promise.all(Array.from({ length: 20 }, () => Listening.open(`${url}/api/v1/events`)));
  for (const stream of streams) await stream.until(({ blocks }) => blocks.length > 0);
  const read: string[] = [];
  const { entries: original } = daemon;
  daemon.entries = (filter) => {
    read.push(JSON.stringify(filter));
    return original.call(daemon, filter);
  };
  daemon.append(...entries(1, 3));
  for (const stream of streams) await stream.until((one) => one.seen().length === 3);

  expect(read).toEqual(['{"after":0,"limit":500}']);
});

/** More than the sockets between two processes hold. */
const much = () => entries(1, 8_000).map((entry) => ({ ...entry, message: 'x'.repeat(4_000) }));

test('a client that is slow for a while reads on at its own speed, and misses nothing', async () => {
  const { daemon, url } = await serving();
  const stream = await Listening.open(`${url}/api/v1/events`);
  await stream.until(({ blocks }) => blocks.length > 0);
  const pages: number[] = [];
  const { entries: original } = daemon;
  daemon.entries = async (filter) => {
    pages.push(filter.limit);
    return original.call(daemon, filter);
  };
  stream.response.pause();
  const all = much();
  daemon.append(...all.slice(0, 4_000));
  while (!pages.includes(100)) await new Promise((resolve) => setImmediate(resolve));
  daemon.append(...all.slice(4_000));
  stream.response.resume();
  await stream.until((one) => one.seen().at(-1) === 8_000);

  expect(stream.seen()).toEqual(all.map(({ seq }) => seq));
});

test('a client that takes nothing for 30 s is given up, and told where to resume', async () => {
  const clock = new SimulatedClock();
  const { daemon, url } = await serving({ clock });
  daemon.append(...much());
  const stream = await Listening.open(`${url}/api/v1/events?after=0`);
  await stream.until(({ blocks }) => blocks.length > 0);
  stream.response.pause();
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(31 * SECOND);
  stream.response.resume();
  await stream.ended;

  const { event, data } = stream.blocks.at(-1) ?? {};
  const last = stream.seen().at(-1) ?? 0;
  expect({ event, data }).toEqual({
    event: 'behind',
    data: `{"resumeAfter":${last},"why":"what waited to be sent was too much; connect again with Last-Event-ID"}`,
  });
  expect(last).toBeLessThan(8_000);
  expect(stream.seen()).toEqual(Array.from({ length: last }, (_, index) => index + 1));
});

test('a stream that read further than the others hears nothing twice', async () => {
  const { daemon, url } = await serving();
  const first = await Listening.open(`${url}/api/v1/events`);
  await first.until(({ blocks }) => blocks.length > 0);
  daemon.append(...entries(1, 5));
  await first.until((one) => one.seen().length === 5);
  const gate = Promise.withResolvers<void>();
  const { entries: original } = daemon;
  daemon.entries = async (filter) => {
    if (filter.limit === 500) await gate.promise;
    return original.call(daemon, filter);
  };
  daemon.append(...entries(6, 8));
  const second = await Listening.open(`${url}/api/v1/events?after=2`);
  await second.until((one) => one.seen().length === 6);
  gate.resolve();
  await first.until((one) => one.seen().length === 8);
  daemon.append(...entries(9, 9));
  await second.until((one) => one.seen().at(-1) === 9);

  expect(first.seen()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].slice(0, first.seen().length));
  expect(second.seen()).toEqual([3, 4, 5, 6, 7, 8, 9]);
});

test('a stream of an incident that is over reads the store once, and rests', async () => {
  const { daemon, url } = await serving();
  daemon.append(anEntry({ seq: 1, incident: 'i-over' }), ...entries(2, 300));
  const read: string[] = [];
  const { entries: original } = daemon;
  daemon.entries = (filter) => {
    read.push(JSON.stringify(filter));
    return original.call(daemon, filter);
  };
  const stream = await Listening.open(`${url}/api/v1/events?after=0&incident=i-over`);
  await stream.until((one) => one.seen().length === 1);
  daemon.append(anEntry({ seq: 301, incident: 'i-over' }));
  await stream.until((one) => one.seen().length === 2);

  expect(stream.seen()).toEqual([1, 301]);
  expect(read).toEqual([
    '{"incident":"i-over","limit":1}',
    '{"incident":"i-over","after":0,"limit":100}',
    '{"after":300,"limit":500}',
  ]);
});
