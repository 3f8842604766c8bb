import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDocker } from '../../../src/clients/docker/client.ts';
import { logsSource } from '../../../src/detect/sources/logs.ts';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { host, objections, read, subjects } from './reading.ts';

/** A log of the host with one old line, and what is counted of it. */
function aLog() {
  const root = temporaryFolder('rd-log');
  const file = join(root, 'app.log');
  writeFileSync(file, 'ERROR of long ago\n');
  const clock = new SimulatedClock();
  const source = logsSource({
    docker: openDocker({ endpoint: { socket: join(root, 'no.sock') }, clock }),
    clock,
    files: { hostRoot: '/', roots: [root] },
  });
  const count = async (more: object = {}) =>
    (await read(source, { match: 'ERROR', within: '1m', file, ...more }, host))['host:alpha']?.replaceAll(
      root,
      '',
    );
  return { root, file, clock, source, count };
}

/** A log that has been watched for as long as is counted. */
async function watched() {
  const log = aLog();
  await log.count();
  await log.clock.advance(MINUTE);
  expect(await log.count()).toBe('0: 0 lines of /app.log within 1m');
  return log;
}

test('lines count from when they were written, for as long as said', async () => {
  const { file, clock, count } = await watched();
  appendFileSync(file, 'ERROR one\nfine\nERROR two\n');
  expect(await count()).toBe('2: 2 lines of /app.log within 1m');
  await clock.advance(30 * SECOND);
  appendFileSync(file, 'ERROR three\n');
  expect(await count()).toBe('3: 3 lines of /app.log within 1m');
  await clock.advance(30 * SECOND);
  expect(await count()).toBe('1: 1 line of /app.log within 1m');
});

test('until it has been watched for that long, there is no count', async () => {
  const { file, clock, count } = aLog();
  expect(await count()).toBe('insufficient: /app.log has been watched for 0ms of 1m; 0 lines so far');
  appendFileSync(file, 'ERROR one\n');
  await clock.advance(20 * SECOND);
  expect(await count()).toBe('insufficient: /app.log has been watched for 20s of 1m; 1 line so far');
});

test('a line counts once it is whole', async () => {
  const { file, count } = await watched();
  appendFileSync(file, 'ERR');
  expect(await count()).toMatch(/^0: /);
  appendFileSync(file, 'OR of two halves\n');
  expect(await count()).toMatch(/^1: /);
});

test('a log that is rotated away loses nothing', async () => {
  const { file, count } = await watched();
  appendFileSync(file, 'ERROR before\n');
  renameSync(file, `${file}.1`);
  appendFileSync(`${file}.1`, 'ERROR meanwhile\n');
  writeFileSync(file, 'ERROR after\n');
  expect(await count()).toBe('3: 3 lines of /app.log within 1m');
});

test('a log whose end was lost is watched anew', async () => {
  const { file, clock, count } = await watched();
  renameSync(file, join(file, '..', 'gone'));
  writeFileSync(file, 'ERROR after\n');
  expect(await count()).toBe(
    'insufficient: the log was rotated away before it was read to its end; 1 line so far',
  );
  await clock.advance(MINUTE);
  expect(await count()).toMatch(/^0: /);
});

test('a log that is cut short in place is read from its beginning', async () => {
  const { file, count } = await watched();
  truncateSync(file);
  writeFileSync(file, 'ERROR new\n');
  expect(await count()).toBe('insufficient: the log was cut short since it was read last; 1 line so far');
});

test('more than 2 MiB at once are not looked through', async () => {
  const { file, count } = await watched();
  appendFileSync(file, 'ERROR\n'.repeat(400_000));
  expect(await count()).toBe(
    'insufficient: more than 2 MiB were written since the log was read last; 0 lines so far',
  );
});

test('only regular files inside the declared roots are read, and through no link', async () => {
  const { root, file, count } = aLog();
  symlinkSync(file, join(root, 'linked'));
  mkdirSync(join(root, 'folder'));

  expect(await count({ file: join(root, 'linked') })).toMatch(
    /^error: could not read \/linked: it is a symbolic link, and none is followed here$/,
  );
  expect(await count({ file: join(root, 'folder') })).toBe('error: /folder is not a regular file');
  expect(await count({ file: '/etc/passwd' })).toBe(
    'error: /etc/passwd is not inside file_roots; logs are read there only',
  );
  rmSync(file);
  expect(await count()).toMatch(/^no_data: could not read \/app.log: it is not there$/);
});

test('a path may speak of the target, and goes without a container', async () => {
  const { source, root } = aLog();
  const file = join(root, '${target.name}.log');
  writeFileSync(join(root, 'shop.log'), '');

  expect((await read(source, { match: 'x', within: '1m', file }, subjects(['shop'])))['shop']).toMatch(
    /^insufficient: .*shop\.log has been watched/,
  );
  expect(objections(source, { match: 'x', within: '1m', file: '/a', container: 'b' })).toEqual([
    ': a file has no container and no stream',
  ]);
  expect(objections(source, { match: 'x', within: '1m', file: 'a' })).toEqual([
    'file: expected an absolute path of the host',
  ]);
});
