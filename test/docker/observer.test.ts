import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { openDocker } from '../../src/clients/docker/client.ts';
import type { Docker } from '../../src/clients/docker/docker.ts';
import { sleep } from '../../src/domain/ports/clock.ts';
import { releaseId, type Sighting } from '../../src/domain/release.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { containerObserver } from '../../src/releases/observers/container.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import { forever, openWorkshop, targetOf, type Workshop } from './workshop.ts';

describeWithDocker('the container observer', () => {
  let shop: Workshop;
  let name: string;
  let image: string;

  beforeAll(async () => {
    shop = await openWorkshop();
    name = shop.engine.name('shop');
    image = await buildImage(shop.engine, { tag: 'shop:1' });
  });
  afterAll(async () => shop.close());
  afterEach(async () => {
    await shop.engine.cli('rm', '-f', name).catch(() => '');
  });

  const run = async (...args: string[]): Promise<Sighting> => {
    await shop.engine.cli('rm', '-f', name).catch(() => '');
    await shop.engine.cli('run', '-d', '--name', name, ...args);
    return look();
  };
  const look = async (): Promise<Sighting> => shop.observer.look(targetOf(name), forever);
  const until = async (reached: (seen: Sighting) => boolean): Promise<Sighting> => {
    for (let count = 0; count < 100; count++) {
      const seen = await look();
      if (reached(seen)) return seen;
      await sleep(systemClock(), 50, forever);
    }
    throw new Error('it was never seen so');
  };

  test('sees the image by its id and the tag that was asked for', async () => {
    const seen = await run('shop:1');
    expect(seen.components[0]).toEqual({ kind: 'image', value: image, label: 'shop:1', digests: [] });
    expect(seen).toMatchObject({ healthy: null, exited: false, opId: null, manager: null });
  });

  test('the same container run twice is the same release; another variable makes another', async () => {
    const ids = [
      releaseId((await run('-e', 'A=1', 'shop:1')).components),
      releaseId((await run('-e', 'A=1', 'shop:1')).components),
      releaseId((await run('-e', 'A=2', 'shop:1')).components),
    ];
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  test('seals the specification: the variable can be read with the key and not without', async () => {
    const seen = await run('-e', 'PASSWORD=canary-1b5e', 'shop:1');
    expect(shop.vault.open(seen.sealed!)).toContain('PASSWORD=canary-1b5e');
    expect(JSON.stringify(seen)).not.toContain('canary');
  });

  test('a container that is not there is seen as nothing', async () => {
    expect(await look()).toMatchObject({ components: [], exited: false, sealed: null });
  });

  test('the beginning of an id is not taken for a name', async () => {
    await run('shop:1');
    const { id } = (await shop.docker.container(name, forever))!;
    expect(await shop.docker.container(id.slice(0, 12), forever)).toBeNull();
  });

  test('an image that was removed is still known; to an observer that never saw it the look fails', async () => {
    const gone = await buildImage(shop.engine, { tag: 'shop:gone', files: { '/gone': 'x' } });
    const before = await run('shop:gone');
    await shop.engine.cli('stop', '-t', '0', name);
    await shop.engine.cli('rmi', '-f', 'shop:gone');
    expect((await look()).components).toEqual(before.components);
    await expect(containerObserver(shop.parts).look(targetOf(name), forever)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `looking at container ${name}: its image ${gone.slice(0, 19)} is gone, so its release cannot be told; pull the image again`,
    });
  });

  test('a container that stays as it was is one call to the engine, and keeps its seal', async () => {
    await shop.engine.cli('run', '-d', '--name', name, 'shop:1');
    const calls: string[] = [];
    const docker: Docker = {
      ...shop.docker,
      container: (id, signal) => (calls.push('container'), shop.docker.container(id, signal)),
      image: (id, signal) => (calls.push('image'), shop.docker.image(id, signal)),
    };
    const clock = new SimulatedClock();
    const observer = containerObserver({ docker, vault: shop.vault, clock });
    const first = await observer.look(targetOf(name), forever);
    const second = await observer.look(targetOf(name), forever);
    expect(second.components).toEqual(first.components);
    expect(second.sealed).toBe(first.sealed);
    expect(calls).toEqual(['container', 'image', 'container']);
    await clock.advance(MINUTE);
    await observer.look(targetOf(name), forever);
    expect(calls.slice(3)).toEqual(['container', 'image']);
  });

  test('healthy follows the health check', async () => {
    const checked = ['--health-interval', '100ms', '--health-retries', '1'];
    await run('--health-cmd', 'true', ...checked, 'shop:1');
    expect((await until(({ healthy }) => healthy !== null)).healthy).toBe(true);
    await run('--health-cmd', 'false', ...checked, 'shop:1');
    expect((await until(({ healthy }) => healthy !== null)).healthy).toBe(false);
  });

  test('a container has ended only when nothing will start it again', async () => {
    await run('shop:1', 'false');
    expect(await until(({ healthy }) => healthy === false)).toMatchObject({ exited: true });
    await run('--restart', 'always', 'shop:1', 'false');
    expect(await look()).toMatchObject({ exited: false });
    await run('--restart', 'on-failure:1', 'shop:1', 'false');
    expect(await until(({ exited }) => exited)).toMatchObject({ healthy: false });
  });

  test('names the effect that made a container and who manages it', async () => {
    const labels = ['--label', 'io.rollbackd.op=i-1/p/0/0', '--label', 'com.docker.compose.project=shop'];
    expect(await run(...labels, 'shop:1')).toMatchObject({ opId: 'i-1/p/0/0', manager: 'compose' });
  });

  test('watching, it tells of a start and a removal, and knows that a stop was asked for', async () => {
    const observer = containerObserver(shop.parts);
    const stop = new AbortController();
    const told: string[] = [];
    const heard = async (count: number): Promise<void> => {
      for (let tries = 0; told.length < count && tries < 200; tries++)
        await sleep(systemClock(), 20, forever);
      expect(told.length).toBeGreaterThanOrEqual(count);
    };
    const target = targetOf(name, 'backend');
    const watching = observer.watch!([target], (changed) => void told.push(changed), stop.signal);
    await heard(1);
    await shop.engine.cli('run', '-d', '--name', name, '--init', 'shop:1');
    await heard(3);
    await shop.engine.cli('stop', name);
    await heard(5);
    expect(await observer.look(target, forever)).toMatchObject({
      healthy: false,
      exited: false,
      leaving: true,
    });
    expect(await shop.observer.look(target, forever)).toMatchObject({ healthy: false, exited: true });
    stop.abort();
    await watching;
    expect(new Set(told)).toEqual(new Set(['backend']));
  });

  test('an engine that cannot be reached is an error, not an absence', async () => {
    const docker = openDocker({ endpoint: { socket: '/nowhere/docker.sock' }, clock: systemClock() });
    const observer = containerObserver({ ...shop.parts, docker });
    await expect(observer.look(targetOf(name), forever)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});
