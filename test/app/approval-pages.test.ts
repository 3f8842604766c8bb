import { request } from 'node:http';
import { expect, test } from 'vitest';
import { approvalPages } from '../../src/app/approval-pages.ts';
import { startServer } from '../../src/server/server.ts';
import { FakeDaemon } from '../fakes/daemon.ts';
import { FakeInbox } from '../fakes/inbox.ts';
import { RecordedLog } from '../fakes/log.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { aVault } from '../server/approval/a-vault.ts';

async function statusAt(publicUrl: string | null, host: string) {
  const [daemon, clock, log] = [new FakeDaemon(), new SimulatedClock(), new RecordedLog()];
  const counted: string[] = [];
  const metrics = { approvalPage: (event: string) => void counted.push(event) };
  const vault = { ...aVault('x'), seal: String, open: String, digest: String };
  const pages = approvalPages({ publicUrl, environment: 'test' }, { daemon, clock, log, vault, metrics });
  const listen = { host: '127.0.0.1', port: 0 };
  const server = await startServer({
    daemon,
    clock,
    log,
    listen,
    tokens: [],
    inbox: new FakeInbox(),
    version: '0.1.0',
    ...pages,
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  request({ host: '127.0.0.1', port: server.port, path: '/approve/x', headers: { host } }, (response) => {
    response.resume().on('end', () => resolve(response.statusCode));
  })
    .on('error', reject)
    .end();
  const status = await promise;
  await server.close();
  return { status, counted };
}

test('the daemon answers under the name of its public URL, which nobody else can lend it', async () => {
  const answered = { status: 404, counted: ['no_such_link'] };

  expect(await statusAt('https://Ops.example/rollbackd', 'ops.example')).toEqual(answered);
  expect(await statusAt('https://ops.example', 'other.example')).toEqual({ status: 403, counted: [] });
  expect(await statusAt(null, 'ops.example')).toEqual({ status: 403, counted: [] });
  expect(await statusAt(null, '127.0.0.1')).toEqual(answered);
});
