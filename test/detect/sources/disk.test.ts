import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { diskSource } from '../../../src/detect/sources/disk.ts';
import { hostPath } from '../../../src/clients/files/host-path.ts';
import { oneAtATime } from '../../../src/detect/sources/one-at-a-time.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { host, objections, read, subjects } from './reading.ts';

const source = (hostRoot = '/') => diskSource({ hostRoot, clock: new SimulatedClock() });

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'rollbackd-disk-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Columns of `df` for a path, as numbers. */
function df(path: string, ...columns: string[]): number[] {
  const text = execFileSync('df', [`--output=${columns.join(',')}`, path], { encoding: 'utf8' });
  return (text.trim().split('\n')[1] ?? '').trim().split(/\s+/).map(Number);
}

async function measured(written: object): Promise<number> {
  const line = (await read(source(), written, host))['host:alpha'] ?? '';
  return Number(line.split(':')[0]);
}

test('what is free is what `df` says, of what users can have', async () => {
  const [used = 0, available = 0] = df('/tmp', 'used', 'avail');
  expect(await measured({ path: '/tmp' })).toBeCloseTo(available / (used + available), 2);
});

test('free inodes are what `df` says', async () => {
  const [all = 0, free = 0] = df('/', 'itotal', 'iavail');
  expect(await measured({ path: '/', measure: 'inodes' })).toBeCloseTo(free / all, 2);
});

test('a file system that does not count inodes has never had any', async () => {
  const line = (await read(source(), { path: '/proc', measure: 'inodes' }, host))['host:alpha'];
  expect(line).toBe('never_seen: /proc is on a file system that does not count inodes');
});

test('the reading says what is free, and where; every subject gets it', async () => {
  const lines = await read(source(), { path: '/tmp' }, subjects(['backend', 'frontend']));
  expect(lines['backend']).toMatch(/^0\.\d+: \d+(\.\d+)?% free on \/tmp$/);
  expect(lines['frontend']).toBe(lines['backend']);
});

test('what cannot be read is an error', async () => {
  const root = folder();
  expect((await read(source(root), { path: '/nowhere' }, host))['host:alpha']).toBe(
    `error: cannot read /nowhere: ENOENT: no such file or directory, statfs '${root}/nowhere'`,
  );
  expect((await read(source(), { path: '/proc' }, host))['host:alpha']).toBe(
    'error: /proc is on a file system without any blocks',
  );
});

describe('seen from inside of a container', () => {
  test('paths are those of the host', async () => {
    const root = folder();
    mkdirSync(join(root, 'var/lib/docker'), { recursive: true });
    expect((await read(source(root), { path: '/var/lib/docker' }, host))['host:alpha']).toMatch(
      /free on \/var\/lib\/docker$/,
    );
  });

  test('links are followed as the host would, and none leads out', async () => {
    const root = folder();
    mkdirSync(join(root, 'data/docker'), { recursive: true });
    mkdirSync(join(root, 'var/lib'), { recursive: true });
    symlinkSync('/data', join(root, 'var/lib/absolute'));
    symlinkSync('../../data', join(root, 'var/lib/relative'));
    symlinkSync('../../../../../../data', join(root, 'var/lib/greedy'));
    symlinkSync('/var/lib/loop', join(root, 'var/lib/loop'));
    for (const link of ['absolute', 'relative', 'greedy'])
      expect(await hostPath(root, `/var/lib/${link}/docker`)).toBe(join(root, 'data/docker'));
    expect(await hostPath(root, '/../../etc')).toBe(join(root, 'etc'));
    await expect(hostPath(root, '/var/lib/loop')).rejects.toThrow('too many symbolic links in /var/lib/loop');
  });
});

test('a call that hangs is not made a second time, and one that ended is', async () => {
  const once = oneAtATime<number>();
  const { promise, resolve } = Promise.withResolvers<number>();
  let calls = 0;
  const hang = (): Promise<number> => {
    calls += 1;
    return promise;
  };
  const asked = [once('free /mnt', hang), once('free /mnt', hang), once('free /', async () => 7)];
  expect(calls).toBe(1);
  resolve(3);
  expect(await Promise.all(asked)).toEqual([3, 3, 7]);
  await once('free /mnt', hang);
  expect(calls).toBe(2);
});

test('options that are wrong are refused', () => {
  expect(objections(source(), { path: 'var/lib' })).toEqual([
    'path: expected an absolute path of the host, such as /var/lib/docker',
  ]);
  expect(objections(source(), { path: '/', measure: 'used' })).toHaveLength(1);
});
