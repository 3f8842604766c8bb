import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Release } from '../../src/domain/release.ts';
import { dockerRollbackDriver } from '../../src/rollback/drivers/docker-rollback.ts';
import type { DockerParts } from '../../src/rollback/docker/task.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import { forever, openWorkshop, releaseNow, stepOf, targetOf, type Workshop } from './workshop.ts';

describeWithDocker('before a container is rolled back', () => {
  let shop: Workshop;
  let name: string;
  let good: Release;
  let bad: Release;

  beforeAll(async () => {
    shop = await openWorkshop();
    name = shop.engine.name('shop');
    await buildImage(shop.engine, { tag: 'shop:2' });
  });
  afterAll(async () => shop.close());
  afterEach(async () => {
    await shop.engine.cli('rm', '-f', name).catch(() => '');
  });

  const create = async (...args: string[]): Promise<Release> => {
    await shop.engine.cli('rm', '-f', name).catch(() => '');
    await shop.engine.cli('create', '--name', name, ...args);
    return releaseNow(shop, targetOf(name));
  };
  const findings = async (own: Partial<DockerParts['own']> = {}): Promise<readonly unknown[]> => {
    const driver = dockerRollbackDriver({ ...shop.parts, own: { ...shop.parts.own, ...own } });
    const step = stepOf(driver, targetOf(name), { from: bad, to: good });
    return driver.preflight(step, await driver.read(step, forever), forever);
  };
  const refusals = (...messages: string[]): unknown[] =>
    messages.map((message) => ({ level: 'refuse', message }));

  test('nothing speaks against what can be done', async () => {
    good = await create('shop:2', 'sleep', '1');
    bad = await create('shop:2');
    expect(await findings()).toEqual([]);
  });

  test('a missing image, network and volume are refused, all at once', async () => {
    await buildImage(shop.engine, { tag: 'shop:gone', files: { '/gone': 'x' } });
    const [network, volume] = [shop.engine.name('net'), shop.engine.name('volume')];
    await shop.engine.cli('network', 'create', network);
    good = await create('--network', network, '-v', `${volume}:/data`, 'shop:gone');
    bad = await create('shop:2');
    await shop.engine.cli('network', 'rm', network);
    await shop.engine.cli('volume', 'rm', volume);
    await shop.engine.cli('rmi', 'shop:gone');
    const image = good.components[0]!.value.slice(0, 19);
    expect(await findings()).toEqual(
      refusals(
        `image shop:gone (${image}) is not on this engine: it has no registry digest to pull it by`,
        `network ${network} is gone: create it again`,
        `volume ${volume} is gone: restore it first`,
      ),
    );
  });

  test('a release without a specification that can be opened is refused', async () => {
    bad = await create('shop:2');
    good = { ...bad, sealed: null };
    expect(await findings()).toEqual(refusals(`no specification was recorded for release ${good.id}`));
    good = { ...bad, sealed: 'c2VhbGVkIGVsc2V3aGVyZQ==' };
    expect(await findings()).toEqual([
      { level: 'refuse', message: expect.stringContaining('sealed under another key') as string },
    ]);
  });

  test('a container that is no longer the release to go back from is refused', async () => {
    good = await create('shop:2', 'sleep', '1');
    bad = await create('shop:2');
    await create('-e', 'LEVEL=debug', 'shop:2');
    expect(await findings()).toEqual(
      refusals(`container ${name} no longer runs release ${bad.id}: somebody changed it`),
    );
  });

  test('rollbackd, and what it works through, are refused', async () => {
    good = await create('shop:2', 'sleep', '1');
    bad = await create('shop:2');
    const { id } = (await shop.docker.container(name, forever))!;
    const because = (why: string): unknown[] => refusals(`container ${name} is not rolled back: ${why}`);
    expect(await findings({ containerId: id })).toEqual(because('it is rollbackd itself'));
    expect(await findings({ hosts: [name] })).toEqual(because(`rollbackd works through ${name}`));

    await shop.engine.cli('tag', 'shop:2', 'quay.example/prom/prometheus:v3');
    bad = await create('quay.example/prom/prometheus:v3');
    expect(await findings()).toEqual(
      because('its image quay.example/prom/prometheus:v3 is a tool that rollbackd works through'),
    );
    bad = await create('--label', 'io.rollbackd.role=proxy', 'shop:2');
    expect(await findings()).toEqual(
      because('its label io.rollbackd.role says that it is the proxy of rollbackd'),
    );
  });

  test('a container that would vanish when it is stopped is refused', async () => {
    good = await create('shop:2', 'sleep', '1');
    bad = await create('--rm', 'shop:2');
    expect(await findings()).toEqual(
      refusals(`container ${name} was started with --rm: once stopped it is gone and cannot be put back`),
    );
  });

  test('a tool that would bring the present release back is named, with the line to pin', async () => {
    const compose = (key: string, value: string): string[] => [
      '--label',
      `com.docker.compose.${key}=${value}`,
    ];
    good = await create('shop:2', 'sleep', '1');
    bad = await create(
      ...compose('project', 'shop'),
      ...compose('service', 'web'),
      ...compose('project.config_files', '/srv/shop/compose.yaml'),
      'shop:2',
    );
    expect(await findings()).toEqual([
      {
        level: 'warn',
        message: `compose manages container ${name} and may undo this; pin services.web.image in /srv/shop/compose.yaml`,
      },
    ]);
  });
});
