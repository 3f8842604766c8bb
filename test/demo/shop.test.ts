import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deploy, prepare, type Prepared } from '../../demo/prepare.mjs';

let demo: Prepared;
let supervisor: ChildProcess;
let address: string;

beforeEach(async () => {
  demo = prepare(mkdtempSync(join(tmpdir(), 'shop-')));
  const port = await freePort();
  address = `http://127.0.0.1:${port}`;
  supervisor = fork(demo.supervisor, ['run', demo.dir, String(port)], { stdio: 'ignore' });
  await once(supervisor, 'message');
});

afterEach(async () => {
  const gone = once(supervisor, 'exit');
  supervisor.kill('SIGTERM');
  await gone;
  rmSync(demo.dir, { recursive: true, force: true });
});

test('release 1 serves any number of checkouts', async () => {
  expect(await checkouts(100)).toEqual({ 200: 100 });
  expect(await health()).toEqual({ status: 200, release: '1' });
});

test('release 2 starts healthy, then its pool runs empty', async () => {
  expect(await deploy(demo.dir, 2)).toMatch(/^ok running: release 2, pid \d+$/);
  expect(readlinkSync(demo.current)).toBe('releases/2');
  expect(await health()).toEqual({ status: 200, release: '2' });

  expect(await checkouts(50)).toEqual({ 200: 40, 500: 10 });
  expect(await health()).toEqual({ status: 503, release: '2' });
  expect(await (await fetch(`${address}/metrics`)).text()).toContain(
    'http_requests_total{service="shop",path="/checkout",status="500"} 10',
  );
});

test('going back to release 1 heals the shop', async () => {
  await deploy(demo.dir, 2);
  await checkouts(50);
  await deploy(demo.dir, 1);
  expect(await checkouts(50)).toEqual({ 200: 50 });
});

test('a program that dies is started again', async () => {
  const pid = Number(/pid (\d+)/.exec(await deploy(demo.dir, 1))?.[1]);
  process.kill(pid, 'SIGKILL');
  await expect.poll(async () => (await health()).status, { timeout: 10_000 }).toBe(0);
  await expect.poll(async () => (await health()).status, { timeout: 10_000 }).toBe(200);
});

test('a deployment without a supervisor says so', async () => {
  const lonely = prepare(mkdtempSync(join(tmpdir(), 'shop-')));
  await expect(deploy(lonely.dir, 2)).rejects.toThrow(
    `deploying release 2: failed no supervisor answers in ${lonely.dir}`,
  );
  rmSync(lonely.dir, { recursive: true });
});

async function checkouts(count: number): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  for (let done = 0; done < count; done++) {
    const { status } = await fetch(`${address}/checkout`, { method: 'POST' });
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return statuses;
}

/** Status 0 while nothing answers. */
async function health(): Promise<{ status: number; release: string }> {
  const answer = await fetch(`${address}/health`).catch(() => null);
  if (answer === null) return { status: 0, release: '' };
  const { release } = (await answer.json()) as { release: string };
  return { status: answer.status, release };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
