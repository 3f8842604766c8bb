import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { dockerCalls } from '../../src/clients/docker/calls.ts';
import { openDocker } from '../../src/clients/docker/client.ts';
import { dockerRollbackDriver } from '../../src/rollback/drivers/docker-rollback.ts';
import { dockerKeeper } from '../../src/releases/keeper.ts';
import { containerObserver } from '../../src/releases/observers/container.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import { forever, openWorkshop, releaseOf, stepOf, targetOf, type Workshop } from './workshop.ts';

const servers: Server[] = [];

describeWithDocker('the Docker client', () => {
  let shop: Workshop;
  let name: string;

  beforeAll(async () => {
    shop = await openWorkshop();
    name = shop.engine.name('shop');
    await buildImage(shop.engine, { tag: 'shop:1' });
    await buildImage(shop.engine, { tag: 'shop:2', files: { '/two': '2' } });
  });
  afterAll(async () => shop.close());
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  test('needs nothing that the list of its requests does not allow, through a proxy', async () => {
    const refused: string[] = [];
    const url = await proxy(shop.engine.socket, (method, path) => {
      const allowed = dockerCalls.some((call) => call.method === method && call.path.test(path));
      if (!allowed) refused.push(`${method} ${path}`);
      return allowed;
    });
    const docker = openDocker({ endpoint: { url }, clock: systemClock() });
    const parts = { ...shop.parts, docker };
    const target = targetOf(name);
    const look = async () => releaseOf(target, await containerObserver(parts).look(target, forever));
    await shop.engine.cli(
      'run',
      '-d',
      '--name',
      name,
      '--init',
      '--restart',
      'always',
      '-v',
      `${name}:/d`,
      'shop:1',
    );
    const good = await look();
    await dockerKeeper({ docker, replacedMs: 1 }).pin(target, good, forever);
    await shop.engine.cli('rm', '-f', name);
    await shop.engine.cli('run', '-d', '--name', name, '--init', 'shop:2');
    const driver = dockerRollbackDriver(parts);
    const step = stepOf(driver, target, { from: await look(), to: good, options: { steady_for: '100ms' } });
    expect(await driver.preflight(step, await driver.read(step, forever), forever)).toEqual([]);
    expect(await driver.apply(step, 'op', forever)).toMatchObject({ ended: 'done' });
    await dockerKeeper({ docker, replacedMs: 1 }).prune(
      target,
      { releases: [], settledAt: 0 },
      Date.now() * 2,
      forever,
    );
    await docker.restart((await docker.container(name, forever))!.id, 1000, forever);
    await docker.logs(name, { tail: 1, maxBytes: 10 }, forever);
    await docker.use(name, false, forever);
    await docker.version(forever);
    expect(refused).toEqual([]);
  });

  test('says which request a proxy refused', async () => {
    const url = await proxy(shop.engine.socket, () => false);
    const docker = openDocker({ endpoint: { url }, clock: systemClock() });
    await expect(docker.start('shop', forever)).rejects.toMatchObject({
      code: 'REFUSED',
      message: `docker at ${url}, starting container shop: Forbidden; allow this request in the socket proxy`,
    });
  });

  test('a read that finds nobody can be tried again; a change whose answer is lost is unknown', async () => {
    const url = await serve((_, response) => response.socket!.destroy());
    const docker = openDocker({ endpoint: { url }, clock: systemClock() });
    await expect(docker.version(forever)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(docker.stop('shop', 0, forever)).rejects.toMatchObject({ code: 'EFFECT_UNKNOWN' });
  });

  test('an answer that does not come is given up on after its time', async () => {
    const url = await serve(() => {});
    const clock = new SimulatedClock();
    const docker = openDocker({ endpoint: { url }, clock, timeoutMs: 5000 });
    const version = expect(docker.version(forever)).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: `docker at ${url}, asking for its version: no answer within 5000ms; state unknown, inspect before trying again`,
    });
    await clock.advance(5000);
    await version;
  });

  test('an answer that breaks off in the middle does not hang', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"Version":');
    });
    const clock = new SimulatedClock();
    const docker = openDocker({ endpoint: { url }, clock, timeoutMs: 5000 });
    const version = expect(docker.version(forever)).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await clock.advance(5000);
    await version;
  });

  test('can be aborted', async () => {
    const url = await serve(() => {});
    const docker = openDocker({ endpoint: { url }, clock: new SimulatedClock() });
    const abort = new AbortController();
    const stopping = expect(docker.stop('shop', 1000, abort.signal)).rejects.toMatchObject({
      code: 'ABORTED',
    });
    abort.abort();
    await stopping;
    await expect(docker.version(abort.signal)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('something that is not an engine is told apart', async () => {
    const url = await serve((_, response) => void response.end('<html>welcome</html>'));
    const docker = openDocker({ endpoint: { url }, clock: systemClock() });
    await expect(docker.container('shop', forever)).rejects.toMatchObject({ code: 'ANSWER_INVALID' });
  });

  test('never shows the login of a proxy', async () => {
    const docker = openDocker({ endpoint: { url: 'http://me:canary@127.0.0.1:1' }, clock: systemClock() });
    await expect(docker.version(forever)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message:
        'docker at http://127.0.0.1:1, asking for its version: connect ECONNREFUSED 127.0.0.1:1; check that the engine runs and may be reached',
    });
  });
});

async function serve(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(answer as never);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A socket proxy: passes on what is allowed, and answers 403 to everything else. */
async function proxy(socketPath: string, allows: (method: string, path: string) => boolean): Promise<string> {
  return serve((incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    if (!allows(method, decodeURIComponent(url.split('?')[0] ?? '')))
      return void response.writeHead(403).end('Forbidden');
    const onward = request({ socketPath, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    return void incoming.pipe(onward);
  });
}
