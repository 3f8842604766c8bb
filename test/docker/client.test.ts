import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { openDocker } from '../../src/clients/docker/client.ts';
import { describeWithDocker, startDockerd, type TestDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';

describeWithDocker('a Docker engine', () => {
  let engine: TestDocker;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    engine = await startDockerd();
  }, 60_000);
  afterAll(async () => engine.stop(), 60_000);

  test('tells its version', async () => {
    const docker = openDocker({ endpoint: { socket: engine.socket }, clock: systemClock() });
    const id = await buildImage(engine, { tag: 'x:1' });
    expect((await docker.image('x:1', signal))?.id).toBe(id);
    expect(await docker.version(signal)).toEqual({ version: expect.any(String), api: expect.any(String) });
  });
});
