import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { dockerCalls } from '../../src/clients/docker/calls.ts';
import { openDocker } from '../../src/clients/docker/client.ts';
import type { Docker } from '../../src/clients/docker/docker.ts';
import { startDockerd, type TestDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import { readRules, startSocketProxy, type SocketProxy } from '../support/socket-proxy.ts';

const signal = AbortSignal.timeout(100_000);
let engine: TestDocker;
let proxy: SocketProxy;
let docker: Docker;
let image: string;
let name: string;

beforeAll(async () => {
  engine = await startDockerd();
  name = engine.name('shop');
  image = await buildImage(engine, { tag: `${name}:1` });
  proxy = await startSocketProxy(engine.socket, readRules('socket-proxy.watch.env', 'socket-proxy.act.env'));
  docker = openDocker({ endpoint: { url: proxy.url }, clock: systemClock() });
});

afterAll(async () => {
  await proxy.stop();
  await engine.stop();
});

test('everything that rollbackd ever asks of an engine passes the committed rules', async () => {
  await engine.cli('network', 'create', name);
  await engine.cli('volume', 'create', name);
  await look();
  await act();

  expect(proxy.refused).toEqual([]);
  const unused = dockerCalls.filter(
    ({ method, path }) =>
      !proxy.passed.some((call) => call.startsWith(`${method} `) && path.test(call.slice(method.length + 1))),
  );
  expect(unused.map(({ method, path }) => `${method} ${path.source}`)).toEqual([]);
});

test('a container that mounts a directory of the host is refused', async () => {
  const spec = { Image: image, HostConfig: { Binds: ['/etc:/host:ro'] } };
  await expect(docker.create(engine.name('thief'), spec, signal)).rejects.toMatchObject({ code: 'REFUSED' });
});

async function look(): Promise<void> {
  await docker.version(signal);
  await docker.containers(signal);
  await docker.image(`${name}:1`, signal);
  expect(await docker.hasNetwork(name, signal)).toBe(true);
  expect(await docker.hasVolume(name, signal)).toBe(true);
  const listening = new AbortController();
  await docker.events(
    () => {},
    () => listening.abort(),
    listening.signal,
  );
}

async function act(): Promise<void> {
  const id = await docker.create(name, { Image: image, Cmd: ['sleep', '3600'] }, signal);
  await docker.connect(name, id, {}, signal);
  await docker.start(id, signal);
  expect(await docker.container(name, signal)).toMatchObject({ id });
  await docker.logs(id, { tail: 10, maxBytes: 1000 }, signal);
  await docker.use(id, false, signal);
  await docker.setRestartPolicy(id, { name: 'no', maximumRetryCount: 0 }, signal);
  await docker.restart(id, 0, signal);
  await docker.rename(id, engine.name('shop-aside'), signal);
  await docker.stop(id, 0, signal);
  await docker.tag(image, `rollbackd.pin/${name}`, 'r-1', signal);
  await docker.untag(`rollbackd.pin/${name}:r-1`, signal);
  await docker.remove(id, signal);
  expect(await docker.container(name, signal)).toBeNull();
}
