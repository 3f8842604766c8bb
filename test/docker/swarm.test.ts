import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openSwarm, type Swarm } from '../../src/clients/docker/swarm.ts';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import type { Step } from '../../src/domain/plan.ts';
import type { Observer } from '../../src/domain/ports/observer.ts';
import type { Release } from '../../src/domain/release.ts';
import type { Target } from '../../src/domain/target.ts';
import { swarmObserver } from '../../src/releases/observers/swarm.ts';
import { swarmRollbackDriver } from '../../src/rollback/drivers/swarm-rollback.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import {
  cutOffEverywhere,
  forever,
  openWorkshop,
  releaseOf,
  stepOf,
  targetOf,
  type Workshop,
} from './workshop.ts';

const opId = 'i-000001/0123456789abcdef/1/0';
const secret = 'canary-5d20e1-password';

describeWithDocker('swarm.rollback', () => {
  let shop: Workshop;
  let swarm: Swarm;
  let observer: Observer;
  let good: Release;
  let bad: Release;
  const target: Target = { ...targetOf(null, 'web'), swarm: { service: 'web' } };

  beforeAll(async () => {
    // A manager of its own: the other tests' engine is no part of a Swarm.
    shop = await openWorkshop({ own: true });
    await shop.engine.cli('swarm', 'init', '--advertise-addr', '127.0.0.1');
    swarm = openSwarm({ endpoint: { socket: shop.engine.socket }, clock: shop.parts.clock });
    observer = swarmObserver({ swarm, vault: shop.vault, clock: shop.parts.clock });
    for (const version of ['1', '2']) await buildImage(shop.engine, { tag: `swarm-shop:${version}` });
    await buildImage(shop.engine, { tag: 'swarm-shop:ends', changes: ['CMD ["false"]'] });
  });
  afterAll(async () => {
    await shop.engine.cli('swarm', 'leave', '--force');
    await shop.close();
  });
  beforeEach(async () => {
    await shop.engine.cli('service', 'rm', 'web').catch(() => '');
  });

  const settings = (image: string, level: string): string[] =>
    [
      '--replicas',
      '2',
      '--env',
      `PASSWORD=${secret}`,
      '--env',
      `LEVEL=${level}`,
      '--restart-delay',
      '100ms',
    ].concat(
      ['--stop-grace-period', '1s', '--update-monitor', '300ms', '--update-order', 'start-first'],
      ['--update-parallelism', '2', image],
    );
  const create = async (image: string): Promise<Release> => {
    await shop.engine.cli('service', 'create', '--quiet', '--name', 'web', ...settings(image, 'info'));
    return look();
  };
  const deploy = async (image: string): Promise<Release> => {
    const update = ['service', 'update', '--quiet', '--env-add', 'LEVEL=debug', '--image', image, 'web'];
    await shop.engine.cli(...update);
    return look();
  };
  const look = async (): Promise<Release> => releaseOf(target, await observer.look(target, forever));
  const driver = (): ReturnType<typeof swarmRollbackDriver> => swarmRollbackDriver({ ...shop.parts, swarm });
  const rollback = (within = '20s'): Step =>
    stepOf(driver(), target, { from: bad, to: good, options: { converge_within: within } });
  const apply = async (step: Step): Promise<EffectOutcome> => driver().apply(step, opId, forever);
  const running = async (): Promise<string> =>
    shop.engine
      .cli(
        'service',
        'ps',
        '--filter',
        'desired-state=running',
        '--format',
        '{{.Image}} {{.CurrentState}}',
        'web',
      )
      .then((text) => text.replaceAll(/ (less than a second|about|\d+ seconds?).*$/gim, ''));

  test('the service comes back with the recorded specification, and every task runs from it', async () => {
    good = await create('swarm-shop:1');
    bad = await deploy('swarm-shop:2');
    await shop.engine.cli('service', 'scale', 'web=3');
    expect(await look()).toMatchObject({ id: bad.id });
    const step = rollback();
    const facts = await driver().read(step, forever);
    expect(driver().describe(step, facts)).toBe(
      `update service web to the specification of swarm-shop:1 (${good.id}), image swarm-shop:1 instead of swarm-shop:2, each task started before the one that it replaces is stopped`,
    );
    expect(await driver().preflight(step, facts, forever)).toEqual([]);
    expect(await driver().probe(step, opId, forever)).toBe('not_done');

    expect(await apply(step)).toEqual({ ended: 'done', detail: `service web runs release ${good.id}` });

    expect(await running()).toBe(Array(3).fill('swarm-shop:1 Running').join('\n'));
    expect(await observer.look(target, forever)).toMatchObject({ healthy: true, opId });
    expect(await look()).toMatchObject({ id: good.id });
    expect(await driver().probe(step, opId, forever)).toBe('done');
    const shown = [
      step.options,
      facts,
      driver().byHand(step),
      await driver().preflight(step, facts, forever),
    ];
    expect(JSON.stringify(shown)).not.toContain('canary');
  });

  test('a specification that does not converge is followed by the one that ran, and says how its tasks ended', async () => {
    good = await create('swarm-shop:1');
    bad = await deploy('swarm-shop:2');
    const service = (await swarm.service('web', forever))!;
    const template = {
      ...(service.spec['TaskTemplate'] as object),
      ContainerSpec: { Image: 'swarm-shop:ends' },
    };
    const sealed = { version: 1, kind: 'swarm', spec: { ...service.spec, TaskTemplate: template } };
    good = { ...good, sealed: shop.vault.seal(JSON.stringify(sealed)) };
    const step = rollback('5s');

    const outcome = await apply(step);

    expect(outcome).toMatchObject({ ended: 'failed', retryable: false });
    expect(outcome.detail).toMatch(
      new RegExp(`: task: non-zero exit \\(1\\); service web is back on ${bad.id}$`),
    );
    expect(await running()).toBe(Array(2).fill('swarm-shop:2 Running').join('\n'));
    expect(await look()).toMatchObject({ id: bad.id });
    expect(await driver().probe(step, opId, forever)).toBe('not_done');
    expect(await apply(step)).toMatchObject({ ended: 'failed' });
  });

  test('an undo ends once no task is left of what it takes back', async () => {
    good = await create('swarm-shop:1');
    bad = await deploy('swarm-shop:2');
    const step = rollback();
    expect(await apply(step)).toMatchObject({ ended: 'done' });

    expect(await driver().undo?.(step, opId, forever)).toEqual({
      ended: 'done',
      detail: `service web is back on ${bad.id}`,
    });
    expect(await running()).toBe(Array(2).fill('swarm-shop:2 Running').join('\n'));
  });

  test('killed between its calls, the next run waits for what the first began', async () => {
    const tasks: number[] = [];
    const cuts = await cutOffEverywhere(
      async () => {
        await shop.engine.cli('service', 'rm', 'web').catch(() => '');
        good = await create('swarm-shop:1');
        bad = await deploy('swarm-shop:2');
      },
      async () => apply(rollback()),
      async () => {
        expect(await driver().probe(rollback(), opId, forever)).toMatch(/^(partial|done)$/);
        expect(await apply(rollback())).toMatchObject({ ended: 'done' });
        tasks.push((await swarm.tasks('web', forever)).length);
        expect(await driver().probe(rollback(), opId, forever)).toBe('done');
      },
    );
    expect(cuts).toBe(1);
    // Two of each deployment, and two of one rollback.
    expect(tasks).toEqual([6, 6]);
  });

  test('what somebody deployed after the plan was made is left alone', async () => {
    good = await create('swarm-shop:1');
    bad = await deploy('swarm-shop:2');
    const step = rollback();
    await shop.engine.cli('service', 'update', '--quiet', '--env-add', 'MORE=1', 'web');
    const message = `service web no longer runs release ${bad.id}: somebody changed it`;
    const facts = await driver().read(step, forever);
    expect(await driver().preflight(step, facts, forever)).toEqual([{ level: 'refuse', message }]);
    expect(await apply(step)).toEqual({
      ended: 'failed',
      detail: `${message}; nothing was changed`,
      retryable: false,
    });
  });
});
