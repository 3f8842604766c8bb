import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/app/clock.ts';
import { httpClient } from '../../../src/clients/http.ts';
import { goldenSource } from '../../../src/detect/sources/golden.ts';
import { nobody, serving } from '../../clients/loopback.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { host, objections, read, subjects } from './reading.ts';

const clock = systemClock();
const source = (hostRoot = '/') => goldenSource({ client: httpClient({ clock }), hostRoot, clock });

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
  expect(objections(source(), { golden: '/a' })).toEqual([': needs one of file or url']);
  expect(objections(source(), { golden: 'a', file: '/b' })).toEqual([
    'golden: expected an absolute path of the host',
  ]);
  expect(objections(source(), { golden: '/a', file: '/b', ignore: ['('] })).toEqual([
    'ignore.0: error parsing regexp: missing closing ): `(`',
  ]);
});
