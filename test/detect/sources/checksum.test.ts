import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checksumSource } from '../../../src/detect/sources/checksum.ts';
import { FileDigests, look, Turns } from '../../../src/detect/sources/file-digests.ts';
import { HOUR, SECOND } from '../../../src/domain/time.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { aTarget } from '../tracing.ts';
import { host, objections, read, subjects } from './reading.ts';

/** Goes on by this much at each look: work takes time. */
class RunningClock extends SimulatedClock {
  stepMs = 0;
  #passedMs = 0;

  override now(): number {
    this.#passedMs += this.stepMs;
    return super.now() + this.#passedMs;
  }
}

/** An application on a disk, with a manifest of its files. */
class Disk {
  readonly host = mkdtempSync(join(tmpdir(), 'rollbackd-checksum-'));
  readonly root: string;
  readonly clock = new RunningClock();
  readonly #source;
  readonly #options: object;

  constructor(
    files: Readonly<Record<string, string>>,
    { hostRoot = '/', ...options }: { hostRoot?: string; root?: string; reread?: string } = {},
  ) {
    onTestFinished(() => rmSync(this.host, { recursive: true, force: true }));
    this.root = hostRoot === '/' ? join(this.host, 'srv/app') : '/srv/app';
    this.#source = checksumSource({ hostRoot: hostRoot === '/' ? '/' : this.host, clock: this.clock });
    this.#options = { manifest: `${this.root}/SHA256SUMS`, ...options };
    for (const [name, content] of Object.entries(files)) this.write(name, content);
    this.seal(Object.keys(files));
  }

  at(name: string): string {
    return join(this.host, 'srv/app', name);
  }

  write(name: string, content: string): void {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), content);
  }

  /** Writes the manifest as the system's own program does. */
  seal(names: readonly string[]): void {
    const cwd = join(this.host, 'srv/app');
    writeFileSync(this.at('SHA256SUMS'), execFileSync('sha256sum', ['--', ...names], { cwd }));
  }

  /** @returns how many readings it took */
  async readUntil(wanted: RegExp): Promise<number> {
    for (let readings = 1; readings < 100; readings++) if (wanted.test(await this.read())) return readings;
    return Infinity;
  }

  /** One reading in one line, with the temporary folder left out. */
  async read(signal?: AbortSignal): Promise<string> {
    const line = (await read(this.#source, this.#options, host, signal))['host:alpha'] ?? '';
    return line.replaceAll(this.host, '');
  }
}

const three = { 'bin/app': 'one', 'lib/a.so': 'two', 'odd \n\\name': 'three' };

test('files that are as the manifest says pass', async () => {
  expect(await new Disk(three).read()).toBe('passed: all 3 files are as /srv/app/SHA256SUMS says');
});

test('a file that differs and one that is missing fail, each with its reason', async () => {
  const disk = new Disk(three);
  disk.write('bin/app', 'tampered');
  unlinkSync(disk.at('lib/a.so'));
  expect(await disk.read()).toBe(
    'failed: 2 of 3 files of /srv/app/SHA256SUMS: lib/a.so is missing, bin/app differs',
  );
});

test('only the first few of many are named', async () => {
  const names = Array.from({ length: 9 }, (_, index) => `f${index}`);
  const disk = new Disk(Object.fromEntries(names.map((name) => [name, name])));
  for (const name of names.slice(1)) unlinkSync(disk.at(name));
  expect(await disk.read()).toBe(
    'failed: 8 of 9 files of /srv/app/SHA256SUMS: f1 is missing, f2 is missing, f3 is missing, and 5 more',
  );
});

test('a folder or a pipe in the place of a file fails, and is not waited for', async () => {
  const disk = new Disk({ a: 'a', b: 'b' });
  for (const name of ['a', 'b']) unlinkSync(disk.at(name));
  mkdirSync(disk.at('a'));
  execFileSync('mkfifo', [disk.at('b')]);
  expect(await disk.read()).toBe(
    'failed: 2 of 2 files of /srv/app/SHA256SUMS: a is not a file any more, b is not a file any more',
  );
});

describe('what cannot be seen is an error, not a difference:', () => {
  test('no manifest', async () => {
    const disk = new Disk(three);
    unlinkSync(disk.at('SHA256SUMS'));
    expect(await disk.read()).toBe(
      "error: cannot read /srv/app/SHA256SUMS: ENOENT: no such file or directory, stat '/srv/app/SHA256SUMS'",
    );
  });

  test('a manifest that is not one, is torn, or is a folder', async () => {
    const disk = new Disk(three);
    disk.write('SHA256SUMS', 'hello');
    expect(await disk.read()).toBe(
      'error: cannot read /srv/app/SHA256SUMS: line 1 is neither "DIGEST  NAME" nor "ALGORITHM (NAME) = DIGEST"',
    );
    writeFileSync(disk.at('SHA256SUMS'), Buffer.from([0xff, 0xfe]));
    expect(await disk.read()).toMatch(
      /^error: cannot read \/srv\/app\/SHA256SUMS: .*encoded data was not valid/,
    );
    unlinkSync(disk.at('SHA256SUMS'));
    mkdirSync(disk.at('SHA256SUMS'));
    expect(await disk.read()).toBe('error: cannot read /srv/app/SHA256SUMS: it is not a regular file');
  });

  test('a manifest too large, or of too many files', async () => {
    const disk = new Disk(three);
    truncateSync(disk.at('SHA256SUMS'), 9 * 2 ** 20);
    expect(await disk.read()).toBe('error: cannot read /srv/app/SHA256SUMS: it is larger than 8 MiB');
    disk.write('SHA256SUMS', `${'0'.repeat(32)}  a\n`.repeat(20_001));
    expect(await disk.read()).toBe('error: /srv/app/SHA256SUMS lists 20001 files, more than 20000');
  });

  test('more bytes than are worth reading', async () => {
    const disk = new Disk({ a: 'a' });
    truncateSync(disk.at('a'), 257 * 2 ** 30);
    expect(await disk.read()).toBe('error: the files of /srv/app/SHA256SUMS hold more than 256 GiB');
  });

  test('a root that is not there, e.g. a mount that is missing', async () => {
    const disk = new Disk(three, { root: '/nowhere/app' });
    expect(await disk.read()).toBe(
      "error: cannot read /nowhere/app: ENOENT: no such file or directory, realpath '/nowhere/app'",
    );
  });

  test('a loop of links, unless another file is proven to differ', async () => {
    const disk = new Disk(three);
    unlinkSync(disk.at('bin/app'));
    symlinkSync('app', disk.at('bin/app'));
    expect(await disk.read()).toMatch(/^error: cannot compare with \/srv\/app\/SHA256SUMS: bin\/app: ELOOP/);
    disk.write('lib/a.so', 'tampered');
    expect(await disk.read()).toBe('failed: 1 of 3 files of /srv/app/SHA256SUMS: lib/a.so differs');
  });
});

describe.each(['/', 'a sidecar'])('with the host at %s', (hostRoot) => {
  test('no listed name leads out of the root', async () => {
    const disk = new Disk({ a: 'a' }, { hostRoot });
    writeFileSync(join(disk.host, 'srv/secret'), 'x');
    symlinkSync('../secret', disk.at('link'));
    symlinkSync('..', disk.at('up'));
    symlinkSync('a', disk.at('inside'));
    const refused: Record<string, string> = {
      '../secret': 'leads out of the root',
      'x/../../secret': 'leads out of the root',
      [`${disk.root}/../secret`]: 'leads out of the root',
      '/etc/passwd': 'leads out of the root',
      '.': 'leads out of the root',
      link: 'leads out of the root through a link',
      'up/secret': 'leads out of the root through a link',
    };
    for (const [name, why] of Object.entries(refused)) {
      disk.write('SHA256SUMS', `${'0'.repeat(64)}  ${name}\n`);
      const shown = name.replaceAll(disk.host, '');
      expect(await disk.read()).toBe(`error: cannot compare with /srv/app/SHA256SUMS: ${shown}: ${why}`);
    }
    disk.seal(['inside']);
    expect(await disk.read()).toBe('passed: the file is as /srv/app/SHA256SUMS says');
  });

  test('absolute names within the root are found', async () => {
    const disk = new Disk({ a: 'a' }, { hostRoot });
    const digest = execFileSync('sha256sum', [disk.at('a')], { encoding: 'utf8' }).slice(0, 64);
    disk.write('SHA256SUMS', `SHA256 (${disk.root}/a) = ${digest}\n`);
    expect(await disk.read()).toBe('passed: the file is as /srv/app/SHA256SUMS says');
  });
});

test('what a manifest means is filled in for each target', async () => {
  const disk = new Disk({ a: 'a' });
  const source = checksumSource({ hostRoot: disk.host, clock: disk.clock });
  const two = [
    { name: 'app', target: aTarget('app', { link: { path: '/srv/app' } }) },
    ...subjects(['other']),
  ];
  const options = { manifest: '${target.link}/SHA256SUMS', root: '${target.link}', rereadMs: HOUR };
  const readings = await source.read(options, two, new AbortController().signal);
  expect([...readings.values()].map(({ kind, detail }) => `${kind}: ${detail}`)).toEqual([
    'probe: the file is as /srv/app/SHA256SUMS says',
    'unknown: ${target.link}/SHA256SUMS cannot be filled in for this target',
  ]);
});

describe('a file that looks unchanged', () => {
  const round = { rereadMs: HOUR, until: Infinity, signal: new AbortController().signal };

  test('is not read again, until its digest is old', async () => {
    const disk = new Disk({ a: 'aaa' });
    const digests = new FileDigests(disk.clock, new Turns());
    const seen = await look(disk.at('a'));
    const digest = async (): Promise<unknown> => digests.of(disk.at('a'), 'md5', seen, round);
    const first = { digest: '47bce5c74f589f4867dbd57e9ca9f808' };
    expect(await digest()).toEqual(first);
    disk.write('a', 'bbb');
    await disk.clock.advance(HOUR - 1);
    expect(await digest()).toEqual(first);
    await disk.clock.advance(1);
    await expect(digest()).rejects.toThrow('it changed while it was read');
  });

  test('is read again once the manifest has been without it', async () => {
    const disk = new Disk({ a: 'aaa' });
    const digests = new FileDigests(disk.clock, new Turns());
    const seen = await look(disk.at('a'));
    await digests.of(disk.at('a'), 'md5', seen, round);
    digests.forget(new Set());
    disk.write('a', 'bbb');
    await expect(digests.of(disk.at('a'), 'md5', seen, round)).rejects.toThrow(
      'it changed while it was read',
    );
  });

  test('has changed all the same when its ctime moved', async () => {
    const disk = new Disk({ a: 'aaa' });
    expect(await disk.read()).toMatch(/^passed/);
    const { atime, mtime } = statSync(disk.at('a'));
    disk.write('a', 'bbb');
    utimesSync(disk.at('a'), atime, mtime);
    expect(await disk.read()).toBe('failed: 1 of 1 files of /srv/app/SHA256SUMS: a differs');
  });

  test('has changed when another one was moved into its place', async () => {
    const disk = new Disk({ a: 'aaa', b: 'bbb' });
    expect(await disk.read()).toMatch(/^passed/);
    renameSync(disk.at('b'), disk.at('a'));
    expect(await disk.read()).toBe('failed: 2 of 2 files of /srv/app/SHA256SUMS: b is missing, a differs');
  });
});

test('a file too large for one reading is read on in the next ones, and says nothing until then', async () => {
  const disk = new Disk({ large: 'x'.repeat(10 * 2 ** 20), small: 'x' }, { reread: '1m' });
  disk.clock.stepMs = 6 * SECOND;
  expect(await disk.read()).toBe(
    'insufficient: 0 of 2 files of /srv/app/SHA256SUMS read so far, all of them the same',
  );
  const readings = await disk.readUntil(/^passed/);
  expect(readings).toBeGreaterThan(1);
  expect(readings).toBeLessThan(10);

  // What is known counts while the file is read again.
  disk.clock.stepMs = 0;
  await disk.clock.advance(HOUR);
  disk.clock.stepMs = 6 * SECOND;
  expect(await disk.read()).toBe('passed: all 2 files are as /srv/app/SHA256SUMS says');
});

test('a reading that is cut short says nothing, and forgets nothing', async () => {
  const disk = new Disk(three);
  const nothing = 'insufficient: 0 of 3 files of /srv/app/SHA256SUMS read so far, all of them the same';
  expect(await disk.read(AbortSignal.abort())).toBe(nothing);
  expect(await disk.read()).toMatch(/^passed/);
  expect(await disk.read(AbortSignal.abort())).toBe(nothing);
});

test('one file is hashed at a time, and one that hangs holds nobody up for good', async () => {
  const turns = new Turns();
  const open = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = turns.take(open.signal, () => promise);
  const waiting = new AbortController();
  const second = turns.take(waiting.signal, () => Promise.resolve('second'));
  const third = turns.take(open.signal, () => Promise.resolve('third'));
  waiting.abort();
  expect(await second).toBeNull();
  resolve('first');
  expect(await Promise.all([first, third])).toEqual(['first', 'third']);
});

test('options that are wrong are refused', () => {
  const source = checksumSource({ hostRoot: '/', clock: new SimulatedClock() });
  expect(objections(source, { manifest: 'SHA256SUMS' })).toEqual([
    'manifest: expected an absolute path of the host, such as /srv/app/SHA256SUMS',
  ]);
  expect(objections(source, { manifest: '/a', reread: '1s' })).toEqual([
    'reread: expected 1m to 30d, got 1s',
  ]);
  expect(objections(source, {})).toHaveLength(1);
});
