import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseManifest } from '../../../src/detect/sources/manifest.ts';

const md5 = 'd41d8cd98f00b204e9800998ecf8427e';

describe.each(['md5sum', 'sha1sum', 'sha224sum', 'sha256sum', 'sha384sum', 'sha512sum'])('%s', (program) => {
  const names = [
    'plain',
    'two words',
    ' leading',
    '(brackets) = x',
    'back\\slash',
    'new\nline',
    'ret\rurn',
    'é',
  ];

  test.each([[[]], [['--binary']], [['--tag']]])('with %j is understood, odd names and all', (options) => {
    const folder = mkdtempSync(join(tmpdir(), 'rollbackd-manifest-'));
    for (const name of names) writeFileSync(join(folder, name), name);
    const text = execFileSync(program, [...options, ...names], { cwd: folder, encoding: 'utf8' });
    rmSync(folder, { recursive: true });

    const listed = parseManifest(text);
    expect(listed).toMatchObject(
      names.map((name) => ({
        name,
        algorithm: program.slice(0, -3),
        digest: expect.stringMatching(/^[0-9a-f]+$/),
      })),
    );
  });
});

test('b2sum is understood where it names itself', () => {
  expect(parseManifest(`BLAKE2b (a) = ${'0'.repeat(128)}`)).toEqual([
    { name: 'a', algorithm: 'blake2b512', digest: '0'.repeat(128) },
  ]);
});

test('comments, empty lines, line ends of Windows and capital digits make no difference', () => {
  expect(parseManifest(`# made by hand\r\n\r\n${md5.toUpperCase()}  a\r\n`)).toEqual([
    { name: 'a', algorithm: 'md5', digest: md5 },
  ]);
});

test.each([
  ['', 'it lists no file'],
  ['# nothing\n', 'it lists no file'],
  [`${md5}  a\nhello`, 'line 2 is neither "DIGEST  NAME" nor "ALGORITHM (NAME) = DIGEST"'],
  [`${md5} a`, 'line 1 is neither "DIGEST  NAME" nor "ALGORITHM (NAME) = DIGEST"'],
  ['abc  a', 'line 1 has a digest of 3 digits, which no known program writes'],
  [`CRC (a) = ${md5}`, 'line 1 names the algorithm CRC, which is not known'],
  [`SHA256 (a) = ${md5}`, 'line 1 has a SHA256 digest of 32 digits'],
  [`\\${md5}  a\\tb`, 'line 1 has a file name with an escape that is not known'],
  [`${md5}  a\0b`, 'line 1 has a file name with an escape that is not known'],
])('a manifest that is not wholly understood is refused: %j', (text, problem) => {
  expect(parseManifest(text)).toEqual({ problem });
});

test('whatever the text, there is an answer', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 300 }), (text) => {
      const listed = parseManifest(text);
      expect('problem' in listed || listed.every(({ name }) => name !== '')).toBe(true);
    }),
  );
});
