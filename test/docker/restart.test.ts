import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Docker } from '../../src/clients/docker/docker.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import type { Step } from '../../src/domain/plan.ts';
import { dockerRestartDriver } from '../../src/rollback/drivers/docker-restart.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import { cutOffEverywhere, forever, openWorkshop, stepOf, targetOf, type Workshop } from './workshop.ts';

const opId = 'i-000001/0123456789abcdef/0/0';

describeWithDocker('docker.restart', () => {
  let shop: Workshop;
  let name: string;

  beforeAll(async () => {
    shop = await openWorkshop();
    name = shop.engine.name('shop');
    const script = '#!/bin/sh\necho started >> /var/starts\n[ -e /var/broken ] && exit 3\nexec sleep 3600\n';
    await buildImage(shop.engine, {
      tag: 'restart:1',
      files: { '/serve': script },
      changes: ['CMD ["/serve"]'],
    });
  });
  afterAll(async () => shop.close());
  beforeEach(async () => {
    const ids = await shop.engine.cli('ps', '-aq', '--filter', `name=${name}`);
    if (ids !== '') await shop.engine.cli('rm', '-f', ...ids.split('\n'));
    await shop.engine.cli('run', '-d', '--name', name, '--init', 'restart:1');
  });

  const driver = (): ReturnType<typeof dockerRestartDriver> => dockerRestartDriver(shop.parts);
  const step = (): Step =>
    stepOf(driver(), targetOf(name), { options: { stop_grace: '1s', steady_for: '200ms' } });
  const starts = async (): Promise<number> =>
    (await shop.engine.cli('exec', name, 'cat', '/var/starts')).split('\n').length;

  test('restarts the container once, however often it is applied with the same op_id', async () => {
    expect(await driver().probe(step(), opId, forever)).toBe('not_done');
    const done = { ended: 'done', detail: `container ${name} was restarted` };
    expect(await driver().apply(step(), opId, forever)).toEqual(done);
    expect(await driver().probe(step(), opId, forever)).toBe('done');
    expect(await driver().apply(step(), opId, forever)).toEqual(done);
    expect(await starts()).toBe(2);
  });

  test('killed between any two of its calls, it restarts once in all', async () => {
    let generation = 0;
    const id = (): string => `${opId}${generation}`;
    const cuts = await cutOffEverywhere(
      async () => {
        generation += 1;
      },
      async () => driver().apply(step(), id(), forever),
      async () => {
        expect(await driver().apply(step(), id(), forever)).toMatchObject({ ended: 'done' });
        expect(await starts()).toBe(1 + generation);
      },
    );
    expect(cuts).toBe(2);
    const marks = await shop.engine.cli('ps', '-a', '--filter', `name=${name}.rollbackd-restart`, '-q');
    expect(marks.split('\n')).toHaveLength(1);
  });

  test('a container that does not come up again is a failure', async () => {
    await shop.engine.cli('exec', name, 'touch', '/var/broken');
    expect(await driver().apply(step(), opId, forever)).toEqual({
      ended: 'failed',
      detail: `container ${name} was restarted, but it exited with code 3`,
      retryable: false,
    });
  });

  test('a container that somebody replaced meanwhile is not restarted', async () => {
    await driver().apply(step(), opId, forever);
    await shop.engine.cli('rm', '-f', name);
    await shop.engine.cli('run', '-d', '--name', name, '--init', 'restart:1');
    expect(await driver().probe(step(), opId, forever)).toBe('unknown');
    expect(await driver().apply(step(), opId, forever)).toMatchObject({
      ended: 'failed',
      detail: `container ${name} was replaced by somebody else meanwhile`,
    });
    expect(await starts()).toBe(1);
  });

  test('an engine that cannot be reached after the restart leaves it in doubt, and it is not restarted again', async () => {
    let restarted = false;
    const docker: Docker = {
      ...shop.docker,
      async restart(id, graceMs, signal) {
        await shop.docker.restart(id, graceMs, signal);
        restarted = true;
      },
      container: (id, signal) =>
        restarted
          ? Promise.reject(new RollbackError('UNREACHABLE', 'docker is restarting'))
          : shop.docker.container(id, signal),
    };
    const cut = dockerRestartDriver({ ...shop.parts, docker });
    await expect(cut.apply(step(), opId, forever)).rejects.toMatchObject({
      code: 'EFFECT_UNKNOWN',
      recourse: 'reconcile',
      message: 'docker is restarting; running the step again finishes the rest',
    });
    expect(await driver().apply(step(), opId, forever)).toMatchObject({ ended: 'done' });
    expect(await starts()).toBe(2);
  });

  test('a missing container is refused', async () => {
    await shop.engine.cli('rm', '-f', name);
    const facts = await driver().read(step(), forever);
    expect(await driver().preflight(step(), facts, forever)).toEqual([
      { level: 'refuse', message: `there is no container ${name}` },
    ]);
  });
});
