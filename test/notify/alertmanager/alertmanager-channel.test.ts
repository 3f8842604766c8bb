import { afterEach, expect, test } from 'vitest';
import { httpClient } from '../../../src/clients/http.ts';
import type { IncidentRow } from '../../../src/domain/ports/store.ts';
import { MINUTE } from '../../../src/domain/time.ts';
import { alertmanagerChannel } from '../../../src/notify/alertmanager/alertmanager-channel.ts';
import { settle, SimulatedClock } from '../../fakes/clock.ts';
import { aRow } from '../../fakes/daemon-views.ts';
import { RecordedLog } from '../../fakes/log.ts';
import { aMessage, first } from '../messages.ts';
import { receiver } from '../webhook/receiver.ts';
import { memoryPosts } from './memory-posts.ts';

const never = new AbortController().signal;
const stops: AbortController[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

async function alertmanager() {
  const service = await receiver();
  const clock = new SimulatedClock();
  const log = new RecordedLog();
  const open: IncidentRow[] = [];
  const silenced = new Set<string>();
  const channel = alertmanagerChannel({
    alertmanager: { url: service.url, labels: { team: 'shop', severity: 'never' } },
    environment: 'production',
    page: (id) => `https://ops.example/api/v1/incidents/${id}`,
    http: httpClient({ clock }),
    clock,
    log,
    store: memoryPosts(),
    openIncidents: async () => open,
    isSilenced: ({ rule }) => silenced.has(rule),
  });
  return {
    service,
    clock,
    log,
    open,
    silenced,
    tell: (row: IncidentRow) =>
      channel.send(
        [aMessage({ story: { type: 'decided', message: 'said', facts: {}, incident: row } })],
        first,
        never,
      ),
    say: () => channel.send([aMessage({ incident: null, story: null })], first, never),
    run: () => {
      const stop = new AbortController();
      stops.push(stop);
      return { stop, ended: channel.run?.(stop.signal) };
    },
    /** The alerts of each post: severity, and when it ended. */
    posted: () =>
      service.received.map(({ body }) =>
        (JSON.parse(body) as { labels: { severity: string }; endsAt?: string }[]).map(
          ({ labels, endsAt }) => `${labels.severity} ${endsAt ?? 'fires'}`,
        ),
      ),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

test('an incident is one alert, whose labels stay the same until it is closed', async () => {
  await using it = await alertmanager();
  await it.tell(aRow({ severity: 'high', state: 'asking' }));
  await it.tell(
    aRow({
      severity: 'high',
      state: 'closed',
      outcome: 'recovered',
      closedAt: it.clock.now(),
      reason: 'it\nrecovered',
    }),
  );

  const [opened, closed] = it.service.received;
  expect([opened?.method, opened?.path]).toEqual(['POST', '/api/v2/alerts']);
  const [alert] = JSON.parse(opened?.body ?? '') as object[];
  expect(alert).toEqual({
    labels: {
      alertname: 'RollbackdIncident',
      environment: 'production',
      incident: 'i-7k3f9a',
      target: 'backend',
      severity: 'high',
      team: 'shop',
    },
    annotations: {
      summary: 'HIGH backend i-7k3f9a: layra/api-error-rate: 61.2% of requests',
      description: 'rule layra/api-error-rate; asking: layra/api-error-rate: 61.2% of requests',
      command: 'rollbackd show i-7k3f9a',
    },
    startsAt: '2026-01-05T11:58:00.000Z',
    generatorURL: 'https://ops.example/api/v1/incidents/i-7k3f9a',
  });
  expect(JSON.parse(closed?.body ?? '')).toEqual([
    {
      ...alert,
      annotations: {
        summary: 'HIGH backend i-7k3f9a: it recovered',
        description: 'rule layra/api-error-rate; closed: it recovered',
        command: 'rollbackd show i-7k3f9a',
      },
      endsAt: '2026-01-05T12:00:00.000Z',
    },
  ]);
});

test('when the severity changes, the alert goes on under the new one and ends under the old', async () => {
  await using it = await alertmanager();
  await it.tell(aRow({ severity: 'medium' }));
  await it.tell(aRow({ severity: 'critical' }));
  await it.tell(aRow({ severity: 'critical' }));

  expect(it.posted()).toEqual([
    ['medium fires'],
    ['critical fires', 'medium 2026-01-05T12:00:00.000Z'],
    ['critical fires'],
  ]);
});

test('what is open is posted again every minute, and nothing while nothing is open', async () => {
  await using it = await alertmanager();
  it.run();
  await it.clock.advance(3 * MINUTE);
  expect(it.posted()).toEqual([]);
  it.open.push(aRow({ severity: 'high' }), aRow({ id: 'i-2', severity: 'critical' }));
  await it.clock.advance(1 * MINUTE);
  await received(it, 1);
  await it.clock.advance(1 * MINUTE);
  await received(it, 2);

  expect(it.posted()).toEqual([
    ['high fires', 'critical fires'],
    ['high fires', 'critical fires'],
  ]);
});

test('under a silence what is known there is posted again, and nothing else', async () => {
  await using it = await alertmanager();
  const known = aRow({ severity: 'high', rule: 'layra/noisy' });
  await it.tell(known);
  it.silenced.add('layra/noisy');
  it.open.push(known, aRow({ id: 'i-2', severity: 'critical', rule: 'layra/noisy' }));
  it.run();
  await it.clock.advance(1 * MINUTE);
  await received(it, 2);

  expect(it.posted()).toEqual([['high fires'], ['high fires']]);
});

test('a repeat that fails is a line in the log, and the next one comes a minute later', async () => {
  await using it = await alertmanager();
  it.service.answers.push((response) => void response.writeHead(500).end());
  it.open.push(aRow({}));
  it.run();
  await it.clock.advance(1 * MINUTE);
  await received(it, 1);
  while (it.log.lines.length === 0) await settle();
  await it.clock.advance(1 * MINUTE);
  await received(it, 2);

  expect(it.log.lines).toEqual([
    'warn open incidents were not posted again {"channel":"alertmanager","error":"Alertmanager answered HTTP 500; it will be posted again"}',
  ]);
});

test('a repeat never overtakes the end of an alert', async () => {
  await using it = await alertmanager();
  const held = Promise.withResolvers<void>();
  it.service.answers.push((response) => void held.promise.then(() => response.writeHead(200).end()));
  it.open.push(aRow({}));
  it.run();
  await it.clock.advance(1 * MINUTE);
  await received(it, 1);
  const telling = it.tell(aRow({ closedAt: it.clock.now(), state: 'closed' }));
  await settle();
  expect(it.posted().length).toBe(1);
  held.resolve();
  await telling;

  expect(it.posted()).toEqual([['critical fires'], ['critical 2026-01-05T12:01:00.000Z']]);
});

test('what is about no incident is no alert', async () => {
  await using it = await alertmanager();
  await it.say();

  expect(it.posted()).toEqual([]);
});

test('stopping ends the repeats', async () => {
  await using it = await alertmanager();
  const { stop, ended } = it.run();
  stop.abort();

  await expect(ended).resolves.toBeUndefined();
});

async function received(
  it: { readonly service: { readonly received: readonly unknown[] } },
  count: number,
): Promise<void> {
  while (it.service.received.length < count) await settle();
  await settle();
}
