import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { openDocker } from '../../src/clients/docker/client.ts';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import { evidenceDriver, type EvidenceParts } from '../../src/rollback/drivers/evidence.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import { forever, openWorkshop, stepOf, targetOf, type Workshop } from './workshop.ts';

describeWithDocker('evidence', () => {
  let shop: Workshop;
  let name: string;

  beforeAll(async () => {
    shop = await openWorkshop();
    name = shop.engine.name('shop');
    await buildImage(shop.engine, { tag: 'shop:1' });
  });
  afterAll(async () => shop.close());

  const capture = async (
    options: unknown,
    parts: Partial<EvidenceParts> = {},
    container: string | null = name,
  ): Promise<EffectOutcome & { evidence?: Readonly<Record<string, string>> }> => {
    const driver = evidenceDriver({ docker: shop.docker, readings: null, ...parts });
    return driver.apply(stepOf(driver, targetOf(container), { options }), 'op', forever);
  };
  const run = async (...args: string[]): Promise<void> => {
    await shop.engine.cli('rm', '-f', name).catch(() => '');
    await shop.engine.cli('run', '--name', name, ...args);
  };

  test('keeps the last lines of both streams, in order, and the inspection', async () => {
    await run(
      '-e',
      'LEVEL=info',
      'shop:1',
      'sh',
      '-c',
      'for n in 1 2 3 4; do echo line $n; sleep 0.1; echo oops $n >&2; sleep 0.1; done',
    );
    const { evidence, detail } = await capture({ logs: 4 });
    expect(detail).toBe('kept inspection, logs');
    expect(evidence?.['logs']).toBe('line 3\noops 3\nline 4\noops 4\n');
    expect(JSON.parse(evidence?.['inspection'] ?? '')).toMatchObject({
      name,
      status: 'exited',
      exitCode: 0,
      configuredImage: 'shop:1',
      environment: ['LEVEL'],
    });
  });

  test('holds no value of the environment, even when the program printed it', async () => {
    await run(
      '-e',
      'PASSWORD=canary-5a61',
      '--label',
      'note=canary-5a61',
      'shop:1',
      'sh',
      '-c',
      'echo "login with $PASSWORD"',
    );
    const outcome = await capture({});
    expect(outcome.evidence?.['logs']).toBe('login with [hidden]\n');
    expect(JSON.stringify(outcome)).not.toContain('canary');
  });

  test('keeps no more than 64 KiB, of the end', async () => {
    await run(
      'shop:1',
      'sh',
      '-c',
      'yes=0123456789; n=0; while [ $n -lt 9000 ]; do echo $yes $n; n=$((n+1)); done',
    );
    const { evidence } = await capture({ logs: 10_000 });
    const logs = evidence?.['logs'] ?? '';
    expect(logs.length).toBeLessThanOrEqual(65_536);
    expect(logs.startsWith('[earlier output left out]\n0123456789 ')).toBe(true);
    expect(logs.endsWith('0123456789 8999\n')).toBe(true);
  });

  test('reads the output of a container with a terminal', async () => {
    await run('-t', 'shop:1', 'echo', 'plain');
    expect((await capture({})).evidence?.['logs']).toBe('plain\r\n');
  });

  test('works without a container, and without an engine', async () => {
    const readings = (): string[] => ['layra/api-error-rate: breach, 61% of requests'];
    expect(await capture({}, { readings, docker: null }, null)).toEqual({
      ended: 'done',
      detail: 'kept readings',
      evidence: { readings: 'layra/api-error-rate: breach, 61% of requests' },
    });
  });

  test('hears every container of a stack, and hides what each was told in secret', async () => {
    const project = shop.engine.name('stack');
    for (const service of ['web', 'worker'])
      await shop.engine.cli(
        'run',
        `--name=${project}-${service}-1`,
        `--env=PASSWORD=canary-${service}`,
        `--label=com.docker.compose.project=${project}`,
        `--label=com.docker.compose.service=${service}`,
        'shop:1',
        'sh',
        '-c',
        `echo "${service} with $PASSWORD"; echo canary-${service}`,
      );
    const stack = { project, directory: '/srv/shop', files: [], envFile: null, services: null };
    const driver = evidenceDriver({ docker: shop.docker, readings: null });
    const step = stepOf(driver, { ...targetOf(null, 'shop'), stack });

    expect(driver.describe(step, await driver.read(step, forever))).toBe(
      `keep the last 200 log lines and the inspection of the containers of stack ${project}, and the present readings, as evidence`,
    );
    const outcome = await driver.apply(step, 'op', forever);

    expect(outcome).toMatchObject({
      evidence: {
        [`logs ${project}-web-1`]: 'web with [hidden]\n[hidden]\n',
        [`logs ${project}-worker-1`]: 'worker with [hidden]\n[hidden]\n',
        [`inspection ${project}-web-1`]: expect.stringContaining('"status"') as string,
      },
    });
    expect(JSON.stringify(outcome)).not.toContain('canary');
  });

  test('what cannot be had does not stop a rollback', async () => {
    const docker = openDocker({ endpoint: { socket: '/nowhere/docker.sock' }, clock: systemClock() });
    expect(await capture({}, { docker })).toMatchObject({
      ended: 'done',
      evidence: { problem: expect.stringContaining('connect ENOENT') as string },
    });
    expect(await capture({}, {}, 'missing')).toMatchObject({
      evidence: { inspection: 'there is no container missing' },
    });
  });
});
