import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hits, root, text, tracked } from './tree.ts';

interface Lock {
  readonly packages: Readonly<Record<string, { resolved?: string; link?: boolean; hasInstallScript?: true }>>;
}

const readable = tracked().filter((path) => !/\.(png|ico|woff2?|db|gz|tgz)$/.test(path));
const lock = JSON.parse(text('package-lock.json')) as Lock;

test('nothing that is committed names a package host or a path of one machine', () => {
  // Brackets keep the patterns from finding themselves.
  const hosts = /https?:\/\/[a-z0-9.-]*regis[t]ry/;
  const places = /(^|[^.a-zA-Z0-9])\/(w[o]rk|home\/[a-z]+|Users\/[A-Za-z]+)\/[a-z.]/;
  expect([...hits(readable, hosts), ...hits(readable, places)]).toEqual([]);
});

test('the lock file names no host, so that any mirror serves', () => {
  const resolved = Object.entries(lock.packages).filter(([, entry]) => entry.link !== true && entry.resolved);
  expect(resolved.map(([path]) => path)).toEqual([]);
});

test('no dependency needs its install script', () => {
  // Known to work without: optional native speed-ups of ssh2, and a version warning of protobufjs.
  const known = new Set(['cpu-features', 'protobufjs', 'ssh2'].map((name) => `node_modules/${name}`));
  const scripted = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript);
  expect(scripted.map(([path]) => path).filter((path) => !known.has(path))).toEqual([]);
  expect(text('scripts/bootstrap.mjs')).toContain("'--ignore-scripts'");
});

test('the README says how to run the tests, and the script does it', () => {
  expect(text('README.md')).toContain('npm test');
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
  expect(scripts['test']).toBe('node scripts/bootstrap.mjs test');
});

test('CI runs the static checks and then exactly npm test', () => {
  const commands = text('.ci/run')
    .split('\n')
    .filter((line) => /\bnpm\b/.test(line) && !line.startsWith('#'));
  expect(commands).toEqual(['npm run --silent check', 'npm test']);
});

test('the diagrams beside the machines are those of the machines', () => {
  const check = spawnSync(process.execPath, [join(root, 'scripts/diagrams.ts'), '--check'], {
    encoding: 'utf8',
  });
  expect(`${check.stdout}${check.stderr}`).toBe('');
  expect(check.status).toBe(0);
});

test('nothing is left unfinished by its own words', () => {
  const words = /TOD[O]|FIXM[E]|HAC[K]:|not implemente[d]/;
  const code = readable.filter((path) => /\.(ts|mjs|yaml|sh)$/.test(path));
  expect(hits(code, words)).toEqual([]);
});
