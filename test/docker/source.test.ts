import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { openDocker } from '../../src/clients/docker/client.ts';
import { sleep } from '../../src/domain/ports/clock.ts';
import type { Reading } from '../../src/domain/reading.ts';
import { dockerSource } from '../../src/detect/sources/docker.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { forever, openWorkshop, targetOf, type Workshop } from './workshop.ts';

describeWithDocker('the docker source', () => {
  let shop: Workshop;
  let name: string;

  beforeAll(async () => {
    shop = await openWorkshop();
    name = shop.engine.name('shop');
    await buildImage(shop.engine, { tag: 'shop:1' });
  });
  afterAll(async () => shop.close());
  afterEach(async () => {
    await shop.engine.cli('rm', '-f', name).catch(() => '');
  });

  const run = async (...args: string[]): Promise<string> =>
    shop.engine.cli('run', '-d', '--name', name, ...args);
  const read = async (written: unknown, docker = shop.docker): Promise<Reading> => {
    const source = dockerSource({ docker, clock: new SimulatedClock() });
    const subject = { name: 'backend', target: targetOf(name, 'backend') };
    const readings = await source.read(source.options.parse(written), [subject], forever);
    return readings.get('backend')!;
  };
  const until = async (written: unknown, reached: (reading: Reading) => boolean): Promise<Reading> => {
    for (let count = 0; count < 100; count++) {
      const reading = await read(written);
      if (reached(reading)) return reading;
      await sleep(systemClock(), 50, forever);
    }
    throw new Error('it never read so');
  };
  const probe = (passed: boolean, detail: string): Reading => ({ kind: 'probe', at: start, passed, detail });
  const unknown = (why: string, detail: string): unknown => ({ kind: 'unknown', at: start, why, detail });

  test('running passes for a container that runs, and fails for one that is missing or ended', async () => {
    expect(await read('running')).toEqual(probe(false, `there is no container ${name}`));
    await run('shop:1');
    expect(await read('running')).toEqual(probe(true, `container ${name} is running`));
    await shop.engine.cli('kill', name);
    const ended = await until('running', (reading) => reading.kind === 'probe' && !reading.passed);
    expect(ended).toEqual(probe(false, `container ${name} is exited with code 137`));
  });

  test('healthy follows the health check, and is unknown without one or without the container', async () => {
    expect(await read('healthy')).toEqual(unknown('no_data', `there is no container ${name}`));
    await run('shop:1');
    expect(await read('healthy')).toEqual(unknown('never_seen', `container ${name} has no health check`));
    for (const [command, word] of [
      ['true', 'healthy'],
      ['false', 'unhealthy'],
    ] as const) {
      await shop.engine.cli('rm', '-f', name);
      await run('--health-cmd', command, '--health-interval', '1s', '--health-retries', '1', 'shop:1');
      expect(await read('healthy')).toEqual(
        unknown('no_data', `the health check of container ${name} is starting`),
      );
      const reading = await until('healthy', ({ kind }) => kind === 'probe');
      expect(reading).toEqual(probe(word === 'healthy', `container ${name} is ${word}`));
    }
  });

  test('restarts counts those of the engine', async () => {
    await run('--restart', 'on-failure:2', 'shop:1', 'false');
    const reading = await until('restarts', (seen) => seen.kind === 'value' && seen.value === 2);
    expect(reading).toEqual({
      kind: 'value',
      at: start,
      value: 2,
      detail: `container ${name} was restarted 2 times`,
    });
  });

  test('memory is what the container holds, over its limit, without the page cache', async () => {
    const hold =
      'dd if=/dev/zero of=/shm/held bs=1M count=20; dd if=/dev/zero of=/tmp/cached bs=1M count=20; echo ready; sleep 60';
    await run('-m', '64m', '--mount', 'type=tmpfs,target=/shm', 'shop:1', 'sh', '-c', hold);
    for (let tries = 0; tries < 100; tries++) {
      if ((await shop.engine.cli('logs', name)).includes('ready')) break;
      await sleep(systemClock(), 50, forever);
    }
    const reading = await read('memory');
    const value = reading.kind === 'value' ? reading.value : null;
    expect(value).toBeGreaterThan(0.3);
    expect(value).toBeLessThan(0.5);
    expect(reading.detail).toMatch(/^[\d.]+% of its memory limit \([\d.]+MiB of 64MiB\)$/);
  });

  test('memory without a limit is never seen', async () => {
    await run('shop:1');
    expect(await read('memory')).toEqual(unknown('never_seen', `container ${name} has no memory limit`));
  });

  test('cpu is the share of what the container may use', async () => {
    await run('--cpus', '0.2', 'shop:1', 'sh', '-c', 'while true; do true; done');
    const reading = await read('cpu');
    expect(reading.kind === 'value' && reading.value).toBeGreaterThan(0.5);
    expect(reading.detail).toMatch(/of 0\.2 cores\)$/);
  });

  test('of a stack, memory, processors and restarts are those of the container that has most', async () => {
    const project = `${name}-stack`;
    const member = (service: string, ...args: string[]) =>
      shop.engine.cli(
        'run',
        '-d',
        '--name',
        `${project}-${service}`,
        '--label',
        `com.docker.compose.project=${project}`,
        '--label',
        `com.docker.compose.service=${service}`,
        ...args,
      );
    const stack = { project, directory: '/', files: [], envFile: null, services: null };
    const subject = { name: 'backend', target: { ...targetOf(null, 'backend'), stack } };
    const source = dockerSource({ docker: shop.docker, clock: new SimulatedClock() });
    const ask = async (measure: string): Promise<Reading | undefined> =>
      (await source.read(source.options.parse(measure), [subject], forever)).get('backend');
    try {
      expect(await ask('memory')).toEqual(unknown('no_data', `there is no container of stack ${project}`));
      await member('free', 'shop:1');
      expect(await ask('memory')).toMatchObject({ kind: 'unknown', why: 'never_seen' });
      await member('wide', '-m', '1g', 'shop:1');
      await member('tight', '-m', '16m', 'shop:1');
      expect((await ask('memory'))?.detail).toMatch(/of 16MiB\)/);
      expect(await ask('restarts')).toMatchObject({ kind: 'value', value: 0 });
      expect(await ask('cpu')).toMatchObject({ kind: 'value' });
    } finally {
      for (const service of ['free', 'wide', 'tight'])
        await shop.engine.cli('rm', '-f', `${project}-${service}`).catch(() => '');
    }
  });

  test('another container can be named', async () => {
    await run('shop:1');
    const written = { measure: 'running', container: 'elsewhere' };
    expect(await read(written)).toEqual(probe(false, 'there is no container elsewhere'));
  });

  test('an engine that cannot be asked is an error, for every measure', async () => {
    const docker = openDocker({ endpoint: { socket: '/nowhere/docker.sock' }, clock: systemClock() });
    for (const measure of ['running', 'healthy', 'restarts', 'memory', 'cpu'])
      expect(await read(measure, docker)).toEqual(
        unknown(
          'error',
          `docker at unix:///nowhere/docker.sock, inspecting container ${name}: connect ENOENT /nowhere/docker.sock; check that the engine runs and may be reached`,
        ),
      );
  });
});
