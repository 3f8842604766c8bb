import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { apiClient } from '../../src/clients/api/api-client.ts';
import { startServer } from '../../src/server/server.ts';
import { FakeDaemon } from '../fakes/daemon.ts';
import { FakeInbox } from '../fakes/inbox.ts';
import { anEntry } from '../fakes/daemon-views.ts';

test('what is journaled reaches who follows, each once and in order', async () => {
  const daemon = new FakeDaemon();
  daemon.append(...[1, 2, 3].map((seq) => anEntry({ seq })));
  const server = await startServer({
    daemon,
    listen: { host: '127.0.0.1', port: 0 },
    tokens: [],
    clock: systemClock(),
    inbox: new FakeInbox(),
    version: '0.1.0',
  });
  const api = apiClient({
    url: `http://127.0.0.1:${server.port}`,
    token: null,
    timeoutMs: 5_000,
    clock: systemClock(),
  });
  const until = new AbortController();
  const seen: number[] = [];
  for await (const entry of api.follow({ after: 1 }, until.signal)) {
    seen.push(entry.seq);
    if (seen.length === 2) daemon.append(anEntry({ seq: 4 }), anEntry({ seq: 5, incident: null }));
    if (seen.length === 4) until.abort();
  }
  await server.close();

  expect(seen).toEqual([2, 3, 4, 5]);
});
