import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { placeNames } from '../../src/clients/docker/marks.ts';
import type { Docker } from '../../src/clients/docker/docker.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import type { Step } from '../../src/domain/plan.ts';
import type { Release } from '../../src/domain/release.ts';
import { dockerRollbackDriver } from '../../src/rollback/drivers/docker-rollback.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import {
  cutOffEverywhere,
  forever,
  listings,
  openWorkshop,
  releaseNow,
  specificationOf,
  stepOf,
  targetOf,
  type Workshop,
} from './workshop.ts';

const opId = 'i-000001/0123456789abcdef/1/0';
const secret = 'canary-7d41c3-password';

describeWithDocker('docker.rollback', () => {
  let shop: Workshop;
  let name: string;
  let good: Release;
  let bad: Release;

  beforeAll(async () => {
    shop = await openWorkshop();
    name = shop.engine.name('shop');
    await buildImage(shop.engine, { tag: 'shop:1', changes: ['CMD ["sleep","3600"]', 'ENV FROM_IMAGE=one'] });
    await buildImage(shop.engine, { tag: 'shop:2', changes: ['CMD ["sleep","3601"]', 'ENV FROM_IMAGE=two'] });
    await buildImage(shop.engine, { tag: 'shop:exits', changes: ['CMD ["false"]'] });
    for (const network of ['front', 'back'])
      await shop.engine.cli('network', 'create', shop.engine.name(network));
  });
  afterAll(async () => shop.close());
  beforeEach(async () => {
    const ids = await shop.engine.cli('ps', '-aq', '--filter', `name=${shop.engine.name('')}`);
    if (ids !== '') await shop.engine.cli('rm', '-f', ...ids.split('\n'));
  });

  const checked = '--health-cmd true --health-interval 100ms'.split(' ');
  const started = (...options: string[]): string[] =>
    ['run', '-d', '--name', name, '--init', '--stop-timeout', '1', '-e', `PASSWORD=${secret}`].concat(
      ['--network', shop.engine.name('front'), '--network-alias', 'backend'],
      checked,
      options,
    );
  /** Everything a service commonly has. */
  const service = (image: string, ...more: string[]): string[] =>
    started(
      '--restart',
      'unless-stopped',
      '-e',
      'LEVEL=info',
      '--label',
      'team=shop',
      '--memory',
      '64m',
    ).concat(
      ['-p', '127.0.0.1::80', '-v', `${shop.engine.name('data')}:/data`, '-v', '/scratch', '--tmpfs', '/run'],
      more,
      image,
    );
  /** Nothing that two containers could not have at the same time. */
  const plain = (image: string, ...more: string[]): string[] => started(...more, image);
  const deploy = async (args: string[]): Promise<Release> => {
    await shop.engine.cli('rm', '-f', name).catch(() => '');
    await shop.engine.cli(...args);
    return releaseNow(shop, targetOf(name));
  };
  const driver = (): ReturnType<typeof dockerRollbackDriver> => dockerRollbackDriver(shop.parts);
  const rollback = (options: Record<string, unknown> = {}): Step =>
    stepOf(driver(), targetOf(name), {
      from: bad,
      to: good,
      options: { stop_grace: '1s', healthy_within: '10s', steady_for: '300ms', ...options },
    });
  const apply = async (step: Step): Promise<EffectOutcome> => driver().apply(step, opId, forever);
  const running = async (): Promise<string> =>
    shop.engine.cli(
      'inspect',
      '--format',
      '{{.Image}} {{.State.Running}} {{.HostConfig.RestartPolicy.Name}}',
      name,
    );

  test('the container comes back with the image and the specification of the recorded release', async () => {
    good = await deploy(service('shop:1'));
    await shop.engine.cli('network', 'connect', '--alias', 'db', shop.engine.name('back'), name);
    good = await releaseNow(shop, targetOf(name));
    const before = await specificationOf(shop, name);
    bad = await deploy(service('shop:2', '-e', 'LEVEL=debug'));

    const places = placeNames(name, opId);
    expect(await apply(rollback())).toEqual({
      ended: 'done',
      detail: `container ${name} runs shop:1 (${good.id}); the replaced container is kept as ${places.replaced}`,
    });
    expect(await specificationOf(shop, name)).toEqual(before);
    expect((await releaseNow(shop, targetOf(name))).id).toBe(good.id);
    expect(await running()).toBe(`${good.components[0]!.value} true unless-stopped`);
    expect(await driver().probe(rollback(), opId, forever)).toBe('done');
    expect((await shop.docker.container(name, forever))?.health).toBe('healthy');
    const replaced = await shop.docker.container(places.replaced, forever);
    expect([replaced?.status, replaced?.restartPolicy.name]).toEqual(['exited', 'no']);
  });

  test('data in anonymous volumes comes along, and no other volume is made', async () => {
    good = await deploy(service('shop:1'));
    bad = await deploy(service('shop:2'));
    await shop.engine.cli('exec', name, 'sh', '-c', 'echo kept > /scratch/file');
    const before = await listings(shop);

    await apply(rollback());

    expect(await shop.engine.cli('exec', name, 'cat', '/scratch/file')).toBe('kept');
    const after = await listings(shop);
    expect(after).toEqual({
      ...before,
      containers: [`${name} running`, `${placeNames(name, opId).replaced} exited`],
    });
  });

  test('nothing it says holds a value of the environment', async () => {
    good = await deploy(service('shop:1'));
    bad = await deploy(
      service('shop:2', '-e', 'PASSWORD=canary-2f00aa-other', '-e', 'NEW=canary-99ee01-new'),
    );
    const step = rollback({ keep_env: ['NEW'] });
    const facts = await driver().read(step, forever);
    const findings = await driver().preflight(step, facts, forever);

    expect(driver().describe(step, facts)).toBe(
      `recreate container ${name} from shop:1 (${good.id}) instead of shop:2, once the present one is stopped (grace 1s), because it publishes ports; env NEW goes, env PASSWORD changed; keeps env NEW`,
    );
    expect(findings).toEqual([]);
    const outcome = await apply(step);
    expect(JSON.stringify([step, facts, outcome, driver().byHand(step)])).not.toContain('canary');
    expect(await shop.engine.cli('exec', name, 'sh', '-c', 'echo $NEW')).toBe('canary-99ee01-new');
    expect(await shop.engine.cli('exec', name, 'sh', '-c', 'echo $PASSWORD')).toBe(secret);
  });

  test('a refusal of the engine that quotes the environment is passed on without it', async () => {
    await shop.engine.cli(...plain('shop:1'));
    const container = await shop.docker.container(name, forever);
    const body = { ...container!.config, Image: container!.image, Env: [`=${secret}`] };
    await expect(shop.docker.create(`${name}-broken`, body, forever)).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.not.stringContaining('canary') as string,
    });
  });

  test('the old release is started before the present one is stopped where they share nothing', async () => {
    good = await deploy(plain('shop:1'));
    bad = await deploy(plain('shop:2'));
    const step = rollback();
    const facts = await driver().read(step, forever);
    expect(driver().describe(step, facts)).toBe(
      `recreate container ${name} from shop:1 (${good.id}) instead of shop:2, started before the present one is stopped`,
    );
    expect(await apply(step)).toMatchObject({ ended: 'done' });
    const made = await shop.docker.container(name, forever);
    const replaced = await shop.docker.container(placeNames(name, opId).replaced, forever);
    expect(Date.parse(made!.startedAt)).toBeLessThan(replaced!.finishedAt);
  });

  test.each([
    ['stopped first', service],
    ['started first', plain],
  ])('an old release that ends at once is set aside and the replaced one is back (%s)', async (_, args) => {
    good = await deploy(args('shop:exits', '--restart', 'no'));
    bad = await deploy(args('shop:2', '--restart', 'always'));
    const before = await shop.docker.container(name, forever);

    const outcome = await apply(rollback());

    const { failed } = placeNames(name, opId);
    expect(outcome).toEqual({
      ended: 'failed',
      retryable: false,
      detail: `the old release did not come up: it exited with code 1 (see ${failed}); the replaced container ${name} is back`,
    });
    expect(await running()).toBe(`${bad.components[0]!.value} true always`);
    expect((await shop.docker.container(name, forever))?.id).toBe(before?.id);
    expect((await shop.docker.container(failed, forever))?.status).toBe('exited');
    expect(await driver().probe(rollback(), opId, forever)).toBe('not_done');
    expect(await apply(rollback())).toMatchObject({ ended: 'failed' });
  });

  test('a release that ends and is restarted over and over is replaced', async () => {
    good = await deploy(service('shop:1'));
    bad = await deploy(service('shop:exits', '--restart', 'always'));
    expect(await apply(rollback())).toMatchObject({ ended: 'done' });
    const replaced = await shop.docker.container(placeNames(name, opId).replaced, forever);
    expect([replaced?.up, replaced?.restartPolicy.name]).toEqual([false, 'no']);
    expect(await driver().undo?.(rollback(), opId, forever)).toMatchObject({ ended: 'done' });
    const back = await shop.docker.container(name, forever);
    expect([back?.id, back?.restartPolicy.name]).toEqual([replaced?.id, 'always']);
  });

  test('a container that is missing altogether is made again', async () => {
    good = await deploy(service('shop:1'));
    bad = await deploy(service('shop:2'));
    await shop.engine.cli('rm', '-f', name);
    const facts = await driver().read(rollback(), forever);
    expect(driver().describe(rollback(), facts)).toBe(`recreate container ${name} from shop:1 (${good.id})`);
    expect(await apply(rollback())).toEqual({
      ended: 'done',
      detail: `container ${name} runs shop:1 (${good.id})`,
    });
  });

  test('an old release that stays unhealthy is set aside after its time', async () => {
    good = await deploy(plain('shop:1', '--health-cmd', 'false'));
    bad = await deploy(plain('shop:2'));
    expect(await apply(rollback({ healthy_within: '1s' }))).toMatchObject({
      ended: 'failed',
      detail: expect.stringContaining('not healthy, after 1s') as string,
    });
    expect(await running()).toBe(`${bad.components[0]!.value} true no`);
  });

  test('a port that somebody else took meanwhile brings the replaced container back', async () => {
    good = await deploy(service('shop:1', '-p', '127.0.0.1:18431:81'));
    bad = await deploy(service('shop:2'));
    await shop.engine.cli(
      'run',
      '-d',
      '--name',
      shop.engine.name('thief'),
      '-p',
      '127.0.0.1:18431:1',
      'shop:1',
    );
    expect(await apply(rollback())).toMatchObject({
      ended: 'failed',
      detail: expect.stringContaining('port is already allocated') as string,
    });
    expect(await running()).toBe(`${bad.components[0]!.value} true unless-stopped`);
  });

  test.each([
    ['stopped first', service, 6],
    ['started first', plain, 5],
  ])(
    'killed between any two of its calls, it finishes the rest when it runs again (%s)',
    async (_, args, most) => {
      let before: Awaited<ReturnType<typeof listings>> | null = null;
      good = await deploy(args('shop:1'));
      const cuts = await cutOffEverywhere(
        async () => {
          bad = await deploy(args('shop:2'));
          await shop.engine.cli('rm', '-f', placeNames(name, opId).replaced).catch(() => '');
          before = await listings(shop);
        },
        async () => apply(rollback()),
        async () => {
          expect(await driver().probe(rollback(), opId, forever)).not.toBe('unknown');
          expect(await apply(rollback())).toMatchObject({ ended: 'done' });
          expect((await releaseNow(shop, targetOf(name))).id).toBe(good.id);
          expect(await listings(shop)).toEqual({
            ...before,
            containers: [`${name} running`, `${placeNames(name, opId).replaced} exited`],
          });
        },
      );
      expect(cuts).toBe(most);
    },
  );

  test('killed anywhere on its way back, it still puts the replaced container back', async () => {
    good = await deploy(service('shop:exits', '--restart', 'no'));
    bad = await deploy(service('shop:2', '--restart', 'always'));
    const before = (await shop.docker.container(name, forever))!.id;
    const cuts = await cutOffEverywhere(
      async () => {
        await shop.engine.cli('rm', '-f', placeNames(name, opId).failed).catch(() => '');
      },
      async () => apply(rollback()),
      async () => {
        expect(await apply(rollback())).toMatchObject({ ended: 'failed' });
        expect(await running()).toBe(`${bad.components[0]!.value} true always`);
        expect((await shop.docker.container(name, forever))?.id).toBe(before);
        expect((await listings(shop))['containers']).toEqual([
          `${name} running`,
          `${placeNames(name, opId).failed} exited`,
        ]);
      },
    );
    expect(cuts).toBe(10);
  });

  test('undone, the replaced container is back as it was, however often it is undone', async () => {
    good = await deploy(service('shop:1'));
    bad = await deploy(service('shop:2'));
    const before = await shop.docker.container(name, forever);
    await apply(rollback());
    const { failed } = placeNames(name, opId);
    const detail = `the replaced container ${name} is back; shop:1 (${good.id}) is stopped as ${failed}`;
    expect(await driver().undo?.(rollback(), opId, forever)).toEqual({ ended: 'done', detail });
    expect(await driver().undo?.(rollback(), opId, forever)).toEqual({ ended: 'done', detail });
    expect((await shop.docker.container(name, forever))?.id).toBe(before?.id);
    expect(await running()).toBe(`${bad.components[0]!.value} true unless-stopped`);
    expect(await driver().probe(rollback(), opId, forever)).toBe('not_done');
  });

  test('an engine that restarts between two calls leaves it in doubt, and the next run finishes the rest', async () => {
    good = await deploy(plain('shop:1'));
    bad = await deploy(plain('shop:2'));
    let stopped = false;
    const docker: Docker = {
      ...shop.docker,
      async stop(id, graceMs, signal) {
        await shop.docker.stop(id, graceMs, signal);
        stopped = true;
      },
      labelled: (label, value, signal) =>
        stopped
          ? Promise.reject(new RollbackError('UNREACHABLE', 'docker is restarting'))
          : shop.docker.labelled(label, value, signal),
    };
    const cut = dockerRollbackDriver({ ...shop.parts, docker });
    await expect(cut.apply(rollback(), opId, forever)).rejects.toMatchObject({
      code: 'EFFECT_UNKNOWN',
      recourse: 'reconcile',
      message: 'docker is restarting; running the step again finishes the rest',
    });
    expect(await driver().probe(rollback(), opId, forever)).toBe('partial');
    expect(await apply(rollback())).toMatchObject({ ended: 'done' });
    expect((await releaseNow(shop, targetOf(name))).id).toBe(good.id);
  });

  test('a deployment between a crash and the start is not rolled back', async () => {
    good = await deploy(plain('shop:1'));
    bad = await deploy(plain('shop:2'));
    const step = rollback();
    const other = await deploy(plain('shop:2', '-e', 'LEVEL=other'));
    expect(await apply(step)).toEqual({
      ended: 'failed',
      retryable: false,
      detail: `container ${name} no longer runs release ${bad.id}: somebody changed it; nothing was changed`,
    });
    expect((await releaseNow(shop, targetOf(name))).id).toBe(other.id);
  });
});
