import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/app/clock.ts';
import { httpClient } from '../../../src/clients/http.ts';
import { findProgram } from '../../../src/clients/process/programs.ts';
import { goldenSource } from '../../../src/detect/sources/golden.ts';
import { nobody, serving } from '../../clients/loopback.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { host, objections, read, subjects } from './reading.ts';

const clock = systemClock();
const source = (hostRoot = '/') =>
  goldenSource({
    client: httpClient({ clock }),
    findProgram: (program) => findProgram(program, ['/bin/sh', '/bin/echo']),
    hostRoot,
    clock,
  });

/** The golden text and the present one as files of a host, and what is said of them. */
async function comparing(right: string, seen: string | null, more: object = {}): Promise<string | undefined> {
  const root = temporaryFolder('rd-golden');
  writeFileSync(join(root, 'golden'), right);
  if (seen !== null) writeFileSync(join(root, 'seen'), seen);
  return (await read(source(root), { golden: '/golden', file: '/seen', ...more }, host))['host:alpha'];
}

test('the same passes, and another names the first line that differs', async () => {
  expect(await comparing('a\nb\n', 'a\r\nb')).toBe('passed: is as /golden');
  expect(await comparing('a\nb\n', 'a\nc\n')).toBe(
    'failed: differs from /golden in line 2: "c", expected "b"',
  );
  expect(await comparing('a\n', `a\n${'x'.repeat(80)}\n`)).toBe(
    `failed: differs from /golden in line 2: "${'x'.repeat(60)}…", expected nothing`,
  );
  expect(await comparing('a\nb', 'a')).toBe('failed: differs from /golden in line 2: nothing, expected "b"');
});

test('lines that are ignored count on neither side', async () => {
  const ignore = ['^at \\d+', 'version'];
  expect(await comparing('at 10:01\na\n', 'a\nversion 2\nat 11:02\n', { ignore })).toBe(
    'passed: is as /golden',
  );
});

test('in JSON neither spaces nor the order of members count, that of lists does', async () => {
  const json = true;
  expect(await comparing('{"a":{"x":1,"y":[1,2]},"b":2}', '{"b":2, "a":{"y":[1,2],"x":1}}', { json })).toBe(
    'passed: is as /golden',
  );
  expect(await comparing('{"a":[1,2]}', '{"a":[2,1]}', { json })).toBe(
    'failed: differs from /golden in line 3: "    2,", expected "    1,"',
  );
  expect(await comparing('{}', 'oops', { json })).toBe('failed: is not JSON, unlike /golden');
  expect(await comparing('oops', '{}', { json })).toBe('error: /golden is not JSON');
});

test('a file that is missing fails; a golden file that is missing, or what is too large, is an error', async () => {
  expect(await comparing('a', null)).toBe('failed: /seen is missing');
  expect(await comparing('a', 'a', { golden: '/none' })).toMatch(/^error: cannot read \/none: ENOENT/);
  expect(await comparing('a', 'a'.repeat(2 ** 20 + 1))).toBe('error: /seen is larger than 1 MiB');
});

test('an answer is compared, too', async () => {
  const golden = join(temporaryFolder('rd-golden'), 'golden.json');
  writeFileSync(golden, '{"status":"UP"}');
  const asking = async (address: string | null): Promise<string | undefined> => {
    const options = { golden, url: '${target.address}/health', json: true };
    return (await read(source(), options, subjects(['backend'], address)))['backend'];
  };
  const { url } = await serving((_, response) => void response.end('{ "status": "UP" }'));
  expect(await asking(url)).toBe(`passed: is as ${golden}`);
  const broken = await serving((_, response) => void response.writeHead(500).end('{"status":"UP"}'));
  expect(await asking(broken.url)).toBe('failed: answered 500, expected 2xx');
  expect(await asking(await nobody())).toBe('failed: refused the connection');
  expect(await asking(null)).toBe('error: ${target.address}/health cannot be filled in for this target');
});

test('mistakes are found when the file is read', () => {
  expect(objections(source(), { golden: '/a' })).toEqual([': needs one of file, url or command']);
  expect(objections(source(), { golden: 'a', file: '/b' })).toEqual([
    'golden: expected an absolute path of the host',
  ]);
  expect(objections(source(), { golden: '/a', file: '/b', ignore: ['('] })).toEqual([
    'ignore.0: error parsing regexp: missing closing ): `(`',
  ]);
});

/** What a shell prints, as against a golden text. */
async function printing(right: string, script: string, more: object = {}): Promise<string | undefined> {
  const golden = join(temporaryFolder('rd-golden'), 'golden');
  writeFileSync(golden, right);
  const options = { golden, command: ['/bin/sh', '-c', script], ...more };
  const said = (await read(source(), options, host))['host:alpha'];
  return said?.replaceAll(golden, 'GOLDEN');
}

test('what a program prints is compared, without what it says on the side', async () => {
  expect(await printing('3 models\n', 'echo 3 models; echo warming up >&2')).toBe('passed: is as GOLDEN');
  expect(await printing('3 models\n', 'echo 2 models')).toBe(
    'failed: differs from GOLDEN in line 1: "2 models", expected "3 models"',
  );
});

test('a program that ends badly or too late fails, whatever it printed', async () => {
  expect(await printing('a\n', 'echo a; exit 3')).toBe('failed: the program ended with 3, expected 0');
  expect(await printing('a\n', 'kill -KILL $$')).toBe('failed: the program was ended by a signal');
  expect(await printing('a\n', 'sleep 9', { timeout: '100ms' })).toMatch(/^failed: /);
});

test('a program that may not be run, prints without end, or cannot be filled in says nothing', async () => {
  expect(await printing('a\n', '', { command: ['/bin/ls'] })).toMatch(
    /^error: the program \/bin\/ls is not one of the allowed programs/,
  );
  expect(await printing('a\n', 'head -c 1100000 /dev/zero')).toBe(
    'error: the program printed more than 1 MiB',
  );
  expect(await printing('a\n', '', { command: ['/bin/echo', '${target.address}'] })).toBe(
    'error: ${target.address} cannot be filled in for this target',
  );
});
