import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack } from '../support/package.ts';

const root = dirname(dirname(import.meta.dirname));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

let folder: string;
let packed: ReturnType<typeof pack>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'package-'));
  packed = pack(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the package holds the program, its migrations, the rules and the documents, and nothing of the workshop', () => {
  const paths = packed.files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'dist/src/main.js', 'docs/errors.md']),
  );
  expect(paths.some((path) => path.startsWith('rules/layra/'))).toBe(true);
  expect(paths.filter((path) => /^(src|test|scripts|bench|toolchain)\/|\.tsbuildinfo$/.test(path))).toEqual(
    [],
  );
});

test('installed elsewhere, the program runs', () => {
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'package.json'), '{ "private": true }');
  execFileSync(
    'npm',
    [
      'install',
      join(folder, packed.filename),
      '--ignore-scripts',
      '--omit=optional',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--loglevel=error',
    ],
    { cwd: elsewhere, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  // Its first line says `env node`: the Node.js that runs this test is the one it shall find.
  const said = execFileSync(join(elsewhere, 'node_modules/.bin/rollbackd'), ['version'], {
    cwd: elsewhere,
    encoding: 'utf8',
    env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
  });
  expect(said).toContain(version);
});
