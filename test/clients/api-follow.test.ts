import { createServer as createProxy, connect, type AddressInfo, type Socket } from 'node:net';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { apiClient } from '../../src/clients/api/api-client.ts';
import type { Clock } from '../../src/domain/ports/clock.ts';
import { startServer } from '../../src/server/server.ts';
import { FakeDaemon } from '../fakes/daemon.ts';
import { anEntry } from '../fakes/daemon-views.ts';
import { FakeInbox } from '../fakes/inbox.ts';

/** Time that is always over: who waits goes on at once. */
const hurried: Clock = {
  ...systemClock(),
  after: (_, call) => {
    const soon = setImmediate(call);
    return () => clearImmediate(soon);
  },
};

/** A daemon behind a wire that can be cut; cut connections are gone in the middle of whatever they carried. */
async function wired() {
  const daemon = new FakeDaemon();
  const server = await startServer({
    daemon,
    listen: { host: '127.0.0.1', port: 0 },
    tokens: [],
    clock: systemClock(),
    inbox: new FakeInbox(),
    version: '0.1.0',
  });
  const sockets = new Set<Socket>();
  const proxy = createProxy((client) => {
    const upstream = connect(server.port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  const api = apiClient({ url: `http://127.0.0.1:${port}`, token: null, timeoutMs: 5_000, clock: hurried });
  const close = async (): Promise<void> => {
    cut();
    proxy.close();
    await server.close();
  };
  return { daemon, server, api, cut, close };
}

const happening = fc.oneof(
  fc.record({ happens: fc.constant('entries' as const), count: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ happens: fc.constant('cut' as const) }),
  fc.record({ happens: fc.constant('pause' as const), turns: fc.integer({ min: 1, max: 20 }) }),
);

test('whatever is cut whenever, each entry comes once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: 250 }),
      fc.array(happening, { minLength: 3, maxLength: 12 }),
      async (after, before, happenings) => {
        const at = await wired();
        let last = before;
        at.daemon.append(...Array.from({ length: before }, (_, index) => anEntry({ seq: index + 1 })));
        const seen: number[] = [];
        const until = new AbortController();
        const connected = Promise.withResolvers<void>();
        const connection = (lost: unknown): void => void (lost === null && connected.resolve());
        const reading = (async () => {
          for await (const { seq } of at.api.follow({ after, connection }, until.signal)) {
            seen.push(seq);
            if (seq === last + 1) break;
          }
        })();
        await connected.promise;
        for (const one of happenings) {
          if (one.happens === 'cut') at.cut();
          if (one.happens === 'pause')
            for (let turn = 0; turn < one.turns; turn++)
              await new Promise((resolve) => setImmediate(resolve));
          if (one.happens === 'entries')
            at.daemon.append(...Array.from({ length: one.count }, () => anEntry({ seq: ++last })));
        }
        at.daemon.append(anEntry({ seq: last + 1 }));
        await reading;
        until.abort();
        await at.close();
        const first = Math.min(after, before) + 1;
        expect(seen).toEqual(Array.from({ length: last + 2 - first }, (_, index) => first + index));
      },
    ),
    { numRuns: 12 },
  );
});

test('who follows hears when the connection is lost and when it stands again', async () => {
  const at = await wired();
  onTestFinished(() => at.close());
  const heard: string[] = [];
  const until = new AbortController();
  const connection = (lost: { code: string } | null): void => {
    heard.push(lost === null ? 'connected' : lost.code);
    if (heard.length === 1) setImmediate(at.cut);
    if (heard.length === 3) at.daemon.append(anEntry({ seq: 1 }));
  };
  for await (const { seq } of at.api.follow({ connection }, until.signal)) {
    heard.push(`entry ${seq}`);
    until.abort();
  }

  expect(heard).toEqual(['connected', 'DAEMON_UNREACHABLE', 'connected', 'entry 1']);
});

test('what no new attempt changes ends it: no daemon at first, no such incident', async () => {
  const at = await wired();
  const until = new AbortController();
  const first = (incident: string) =>
    at.api.follow({ incident }, until.signal)[Symbol.asyncIterator]().next();

  await expect(first('i-nope')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'there is no incident i-nope; `rollbackd incidents` lists them',
  });
  await at.close();
  await expect(first('i-nope')).rejects.toMatchObject({ code: 'DAEMON_UNREACHABLE' });
});

test('it ends when the signal aborts while it waits to connect again', async () => {
  const at = await wired();
  const until = new AbortController();
  const heard: (string | null)[] = [];
  const connection = (lost: { code: string } | null): void => {
    heard.push(lost?.code ?? null);
    if (lost === null) void at.close();
    else if (heard.length > 3) until.abort();
  };
  const entries: unknown[] = [];
  for await (const entry of at.api.follow({ connection }, until.signal)) entries.push(entry);

  expect(entries).toEqual([]);
  expect(heard[0]).toBe(null);
});
