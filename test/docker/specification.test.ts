import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recreation } from '../../src/clients/docker/recreate.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import { forever, openWorkshop, specificationOf, type Workshop } from './workshop.ts';

describeWithDocker('a create specification', () => {
  let shop: Workshop;
  const name = (base: string): string => shop.engine.name(base);

  beforeAll(async () => {
    shop = await openWorkshop();
    await buildImage(shop.engine, {
      tag: 'plain:1',
      changes: ['CMD ["sleep","3600"]', 'ENV COLOUR=red', 'LABEL made=here', 'EXPOSE 80', 'VOLUME /var/data'],
    });
    await buildImage(shop.engine, {
      tag: 'plain:2',
      changes: [
        'CMD ["sleep","3601"]',
        'ENV COLOUR=blue',
        'LABEL made=there',
        'EXPOSE 81',
        'VOLUME /var/data',
      ],
    });
    await buildImage(shop.engine, {
      tag: 'entry:1',
      changes: [
        'ENTRYPOINT ["sh","-c"]',
        'CMD ["sleep 3600"]',
        'HEALTHCHECK --interval=9s CMD true',
        'USER root',
      ],
    });
    await shop.engine.cli('network', 'create', '--subnet', '10.233.7.0/24', name('front'));
    await shop.engine.cli('network', 'create', name('back'));
  });
  afterAll(async () => shop.close());
  afterEach(async () => {
    const ids = await shop.engine.cli('ps', '-aq', '--filter', `name=${name('')}`);
    if (ids !== '') await shop.engine.cli('rm', '-f', ...ids.split('\n'));
  });

  const create = async (...args: string[]): Promise<string> =>
    shop.engine.cli('create', '--name', name('shop'), ...args);

  test.each<[string, () => string[]]>([
    ['nothing but an image', () => ['plain:1']],
    ['another command', () => ['plain:1', 'sleep', '7']],
    [
      'the command of the image behind its own entrypoint',
      () => ['--entrypoint', 'busybox', 'entry:1', 'sleep', '1'],
    ],
    ['the entrypoint of the image with another command', () => ['entry:1', 'sleep 5']],
    ['no entrypoint', () => ['--entrypoint', '', 'entry:1', 'sleep', '3']],
    ['an entrypoint and no command', () => ['--entrypoint', 'sh', 'entry:1']],
    ['environment', () => ['-e', 'B=2', '-e', 'A=1', '-e', 'COLOUR=green', '-e', 'EMPTY=', 'plain:1']],
    ['labels', () => ['--label', 'a=b', '--label', 'made=elsewhere', 'plain:1']],
    ['volumes', () => ['-v', `${name('data')}:/data:ro`, '-v', '/tmp:/host', '-v', '/anonymous', 'plain:1']],
    [
      'mounts',
      () => [
        '--mount',
        `type=volume,source=${name('m')},target=/m`,
        '--mount',
        'type=volume,target=/n',
        '--mount',
        'type=tmpfs,target=/t',
        'plain:1',
      ],
    ],
    ['tmpfs', () => ['--tmpfs', '/run:size=1m', '--read-only', 'plain:1']],
    ['ports', () => ['-p', '127.0.0.1:18512:80', '-p', '127.0.0.1::90/udp', '--expose', '99', 'plain:1']],
    [
      'a health check',
      () => ['--health-cmd', 'true', '--health-interval', '3s', '--health-retries', '2', 'plain:1'],
    ],
    ['no health check', () => ['--no-healthcheck', 'entry:1']],
    [
      'limits',
      () => ['-m', '64m', '--cpus', '0.5', '--pids-limit', '50', '--ulimit', 'nofile=99:99', 'plain:1'],
    ],
    ['a restart policy', () => ['--restart', 'on-failure:3', 'plain:1']],
    [
      'rights',
      () => [
        '--cap-add',
        'NET_ADMIN',
        '--cap-drop',
        'CHOWN',
        '--security-opt',
        'no-new-privileges',
        '-u',
        '7',
        'plain:1',
      ],
    ],
    ['privileges', () => ['--privileged', '--device', '/dev/null', 'plain:1']],
    ['unmasked paths', () => ['--security-opt', 'systempaths=unconfined', 'plain:1']],
    [
      'a host name',
      () => ['--hostname', 'shop.example', '--add-host', 'db:10.0.0.1', '--dns', '10.0.0.2', 'plain:1'],
    ],
    ['a terminal', () => ['-it', '--stop-signal', 'INT', '--stop-timeout', '0', '-w', '/tmp', 'plain:1']],
    [
      'init',
      () => [
        '--init',
        '--log-opt',
        'max-size=1m',
        '--shm-size',
        '1m',
        '--sysctl',
        'net.ipv4.ip_forward=1',
        'plain:1',
      ],
    ],
    ['the network of the host', () => ['--network', 'host', 'plain:1']],
    ['no network', () => ['--network', 'none', 'plain:1']],
    [
      'an alias and an address',
      () => ['--network', name('front'), '--network-alias', 'web', '--ip', '10.233.7.9', 'plain:1'],
    ],
  ])('recreated from it, a container with %s has the same again', async (_, args) => {
    await create(...args());
    const before = await specificationOf(shop, name('shop'));
    expect(await recreated(before)).toEqual(before);
  });

  test('recreated from it, a container is in all of its networks', async () => {
    await create('--network', name('front'), 'plain:1');
    await shop.engine.cli('network', 'connect', '--alias', 'db', name('back'), name('shop'));
    const before = await specificationOf(shop, name('shop'));
    expect(before.networks).toEqual({ [name('front')]: {}, [name('back')]: { Aliases: ['db'] } });
    expect(await recreated(before)).toEqual(before);
  });

  test('a network that was given by its id is recorded by its name', async () => {
    const id = await shop.engine.cli('network', 'inspect', '--format', '{{.Id}}', name('front'));
    await create('--network', id, 'plain:1');
    await shop.engine.cli('start', name('shop'));
    const specification = await specificationOf(shop, name('shop'));
    expect(specification.hostConfig['NetworkMode']).toBe(name('front'));
  });

  test('what another image brings by itself does not change it', async () => {
    const args = ['-e', 'LEVEL=info', '--label', 'team=shop', '-p', '127.0.0.1::80', '--expose', '81'];
    await create(...args, '--expose', '80', 'plain:1');
    const first = await specificationOf(shop, name('shop'));
    await shop.engine.cli('rm', name('shop'));
    await create(...args, '--expose', '80', 'plain:2');
    const second = await specificationOf(shop, name('shop'));
    const { ExposedPorts: _, ...firstConfig } = first.config;
    const { ExposedPorts: __, ...secondConfig } = second.config;
    expect(firstConfig).toEqual({ Env: ['LEVEL=info'], Labels: { team: 'shop' } });
    expect(secondConfig).toEqual(firstConfig);
    expect(second.hostConfig).toEqual(first.hostConfig);
  });

  /** Replaces the container by one that is recreated from the specification, as a rollback does. */
  async function recreated(specification: Awaited<ReturnType<typeof specificationOf>>): Promise<unknown> {
    const replaced = await shop.docker.container(name('shop'), forever);
    const image = await shop.docker.image(replaced!.image, forever);
    const { body, connections } = recreation(specification, {
      image: image!.id,
      imageConfig: image!.config,
      labels: { 'io.rollbackd.op': 'x' },
      replaced,
      keepEnvironment: [],
    });
    await shop.docker.rename(replaced!.id, `${name('shop')}-old`, forever);
    const id = await shop.docker.create(name('shop'), body, forever);
    for (const [network, endpoint] of Object.entries(connections))
      await shop.docker.connect(network, id, endpoint, forever);
    return specificationOf(shop, name('shop'));
  }
});
