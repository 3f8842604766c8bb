import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { openDocker } from '../../src/clients/docker/client.ts';
import { logsSource } from '../../src/detect/sources/logs.ts';
import { sleep } from '../../src/domain/ports/clock.ts';
import { objections, read } from '../detect/sources/reading.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { buildImage } from '../support/image.ts';
import { forever, openWorkshop, targetOf, type Workshop } from './workshop.ts';

const clock = systemClock();

const files = { hostRoot: '/', roots: [] };

describeWithDocker('the source of logs', () => {
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

  const source = () => logsSource({ docker: shop.docker, clock, files });
  const ended = async (script: string, ...args: string[]): Promise<void> => {
    await shop.engine.cli('run', '-d', '--name', name, ...args, 'shop:1', 'sh', '-c', script);
    await shop.engine.cli('wait', name);
  };
  const counting = async (options: object, from = source()): Promise<string | undefined> => {
    const subject = { name: 'backend', target: targetOf(name, 'backend') };
    return (await read(from, { within: '5m', ...options }, [subject]))['backend'];
  };

  test('counts the lines that match, of both streams or of one', async () => {
    await ended('echo "ERROR one"; echo "error two"; echo "ERROR three" >&2; echo fine');
    expect(await counting({ match: 'ERROR' })).toBe(`2: 2 lines of container ${name} within 5m`);
    expect(await counting({ match: '(?i)^error t' })).toBe(`2: 2 lines of container ${name} within 5m`);
    expect(await counting({ match: 'ERROR', stream: 'stderr' })).toBe(
      `1: 1 line of container ${name} within 5m`,
    );
    expect(await counting({ match: 'ERROR', stream: 'stdout' })).toBe(
      `1: 1 line of container ${name} within 5m`,
    );
    expect(await counting({ match: 'panic' })).toBe(`0: 0 lines of container ${name} within 5m`);
  });

  test('reads a container with a terminal', async () => {
    await ended('echo ERROR', '-t');
    expect(await counting({ match: 'ERROR' })).toBe(`1: 1 line of container ${name} within 5m`);
  });

  test('lines that are older than the time do not count', async () => {
    await ended('echo ERROR');
    await sleep(clock, 1500, forever);
    expect(await counting({ match: 'ERROR', within: '1s' })).toBe(
      `0: 0 lines of container ${name} within 1s`,
    );
  });

  test('a log that is too large to be read says nothing', async () => {
    await ended('yes ERROR 0123456789012345678901234567890123456789012345678901234567890 | head -c 2500000');
    expect(await counting({ match: 'ERROR' })).toBe(
      `insufficient: the log of container ${name} within 5m is larger than 2 MiB`,
    );
  });

  test('a pattern that would be tried for ever elsewhere is not', async () => {
    await ended('head -c 16000 /dev/zero | tr "\\0" a');
    expect(await counting({ match: '^(a+)+$x' })).toBe(`0: 0 lines of container ${name} within 5m`);
  });

  test('without a container or an engine nothing is known', async () => {
    expect(await counting({ match: 'ERROR' })).toBe(`no_data: there is no container ${name}`);
    expect(
      await read(source(), { match: 'x', within: '1m' }, [{ name: 'code', target: targetOf(null) }]),
    ).toEqual({
      code: 'never_seen: code has no container',
    });
    const docker = openDocker({ endpoint: { socket: '/nowhere/docker.sock' }, clock });
    expect(await counting({ match: 'ERROR' }, logsSource({ docker, clock, files }))).toMatch(
      /^error: docker at .*ENOENT/,
    );
  });

  test('a pattern that is none is found when the file is read', () => {
    expect(objections(source(), { match: '(', within: '1m' })).toEqual([
      'match: error parsing regexp: missing closing ): `(`',
    ]);
  });
});
