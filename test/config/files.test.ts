import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { crontab, drivers, sources } from './registries.ts';
import { shop } from './configuring.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollbackd-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('files are read from the disk, and paths start at the folder of the main file', async () => {
  write({
    ...shop,
    'rollbackd.yaml': `${shop['rollbackd.yaml']}store: sqlite:state/r.db
tokens:
  - { name: alice, role: admin, token: { file: secrets/alice } }
`,
    'secrets/alice': 'correct-horse\n',
  });
  const loaded = await load();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { store, haltFile, stateDir, tokens } = loaded.configuration;
  expect({ store, haltFile, stateDir }).toEqual({
    store: join(folder, 'state/r.db'),
    haltFile: join(folder, 'state/HALT'),
    stateDir: join(folder, 'state'),
  });
  expect(tokens[0]?.token.reveal()).toBe('correct-horse');
});

test.each([
  ['is not there', (): void => undefined, 'cannot be read: there is no such file'],
  [
    'has 10 MB',
    (): void => write({ 'rollbackd.yaml': `version: 1\n${'#'.repeat(10 * 1024 * 1024)}` }),
    'is larger than 1 MiB, the limit for a configuration file',
  ],
  [
    'is a pipe into which nobody writes',
    (): void => void execFileSync('mkfifo', [join(folder, 'rollbackd.yaml')]),
    'cannot be read: not a regular file',
  ],
  ['is a folder', (): void => write({ 'rollbackd.yaml/file': '' }), 'cannot be read: not a regular file'],
  [
    'is not text',
    (): void => writeFileSync(join(folder, 'rollbackd.yaml'), Buffer.from([0x61, 0xff, 0xfe])),
    'cannot be read: it is not UTF-8 text',
  ],
])('a main file that %s is one problem', async (_, prepare, message) => {
  prepare();
  const file = join(folder, 'rollbackd.yaml');
  expect(await load()).toEqual({
    ok: false,
    problems: [{ file, line: 1, column: 1, path: '', message }],
  });
});

test('a pack that is too large is a problem of its own file', async () => {
  write({ ...shop, 'packs/shop/rules.yaml': `rules: {}\n${'#'.repeat(1024 * 1024)}` });
  const loaded = await load();
  expect(loaded.ok ? [] : loaded.problems).toEqual([
    {
      file: join(folder, 'packs/shop/rules.yaml'),
      line: 1,
      column: 1,
      path: '',
      message: 'is larger than 1 MiB, the limit for a configuration file',
    },
  ]);
});

test.each([
  ['lists', '['.repeat(200_000)],
  ['maps', `a: ${'{ a: '.repeat(100_000)}`],
  ['blocks', Array.from({ length: 500 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
])('%s nested too deeply are refused, not followed', async (_, text) => {
  write({ 'rollbackd.yaml': text });
  const loaded = await load();
  expect(loaded.ok ? [] : loaded.problems.map(({ message }) => message)).toContain('is nested too deeply');
});

test('a secret file that is missing or empty is a problem at its place', async () => {
  write({
    ...shop,
    'rollbackd.yaml': `version: 1
tokens:
  - { name: alice, role: admin, token: { file: alice } }
  - { name: bob, role: admin, token: { file: bob } }
  - { name: carol, role: admin, token: { file: carol } }
`,
    bob: '\n',
    carol: 'two\nlines\n',
  });
  const loaded = await load();
  expect(loaded.ok ? [] : loaded.problems.map(({ line, path, message }) => [line, path, message])).toEqual([
    [3, 'tokens[0].token', `the secret file ${join(folder, 'alice')} cannot be read: there is no such file`],
    [4, 'tokens[1].token', `the secret file ${join(folder, 'bob')} is empty`],
    [
      5,
      'tokens[2].token',
      `the secret file ${join(folder, 'carol')} holds control characters or several lines`,
    ],
  ]);
});

function load(): ReturnType<typeof loadConfiguration> {
  return loadConfiguration({
    path: join(folder, 'rollbackd.yaml'),
    registries: { sources, drivers },
    crontab,
    environment: {},
    hostname: 'build-7',
  });
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
