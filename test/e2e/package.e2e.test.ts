import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  expect(execFileSync(installed(), ['version'], { ...elsewhere(), encoding: 'utf8' })).toContain(version);
});

test('installed elsewhere, the demo rolls its bad release back and says how long each phase took', () => {
  const said = execFileSync(installed(), ['demo', '--once'], { ...elsewhere(), encoding: 'utf8' });

  const last = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '') as unknown;
  expect(last).toEqual({
    incident: expect.stringMatching(/^i-/) as unknown,
    outcome: 'rolled_back',
    rto: {
      detection: expect.any(Number) as unknown,
      decision: expect.any(Number) as unknown,
      rollback: expect.any(Number) as unknown,
      verification: expect.any(Number) as unknown,
      total: expect.any(Number) as unknown,
    },
  });
});

/** Its first line says `env node`: the Node.js that runs this test is the one it shall find. */
function elsewhere(): { cwd: string; env: Record<string, string> } {
  return { cwd: join(folder, 'elsewhere'), env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` } };
}

/** Installs the package at the first call. */
function installed(): string {
  const { cwd } = elsewhere();
  const program = join(cwd, 'node_modules/.bin/rollbackd');
  if (existsSync(program)) return program;
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), '{ "private": true }');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync(
    'npm',
    [
      'install',
      join(folder, packed.filename),
      '--ignore-scripts',
      '--omit=optional',
      '--prefer-offline',
      ...quiet,
    ],
    { cwd, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return program;
}
