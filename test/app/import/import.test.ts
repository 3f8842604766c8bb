import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importPrometheus, type Imported } from '../../../src/app/import/import-prometheus.ts';
import { loadPack } from '../../../src/app/rehearsal/pack.ts';
import { testRules } from '../../../src/app/rule-tests/test-rules.ts';
import { systemClock } from '../../../src/app/clock.ts';

const cases = join(import.meta.dirname, 'cases');
const folder = mkdtempSync(join(tmpdir(), 'rollbackd-import-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const surroundings = { clock: systemClock(), environment: {} };

describe.each(['shop', 'odd'])('the files of %s', (name) => {
  const importing = importFiles([`${name}.rules.yml`, `${name}.tests.yml`]);

  test('become this pack', async () => {
    const { rules, tests, problems } = await importing;
    expect(problems).toEqual([]);
    await expect(rules).toMatchFileSnapshot(join(cases, `${name}.pack.yaml.txt`));
    await expect(tests[`${name}.tests.yaml`]).toMatchFileSnapshot(join(cases, `${name}.pack-tests.yaml.txt`));
  });

  test('lose nothing silently', async () => {
    const { notes } = await importing;
    const lines = notes.map(({ file, line, message }) => `${file}:${line}  ${message}`).join('\n');
    await expect(`${shortened(lines)}\n`).toMatchFileSnapshot(join(cases, `${name}.notes.txt`));
  });

  test('become a pack that loads, and whose tests pass', async () => {
    const path = writePack(name, await importing);
    const loaded = await loadPack({ folder: path, targets: { shop: {} }, mode: 'auto', ...surroundings });
    expect(loaded).toMatchObject({ ok: true });

    const tested = await testRules({
      ...surroundings,
      paths: [path],
      only: null,
      progress: () => {},
      signal: new AbortController().signal,
    });
    expect(tested.problems).toEqual([]);
    expect(tested.tests.length).toBeGreaterThan(0);
    expect(tested.tests.flatMap(({ failures }) => failures)).toEqual([]);
  });
});

test('severities mean what people say they mean', async () => {
  const { rules } = await importFiles(['shop.rules.yml'], { sev2: 'high' });
  expect(rules).toContain(
    'InstanceDown:\n    summary: InstanceDown\n    every: 30s\n    prometheus:\n      query: min by (job) (up)\n    levels:\n      high: { at_most: 0, for: 1m }',
  );
});

test('what is wrong with a file is a problem with its place', async () => {
  const wrong = join(folder, 'wrong.yml');
  writeFileSync(
    wrong,
    'groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: sum(\n      - alert: B\n      - foo: 1\n',
  );
  const other = join(folder, 'other.yml');
  writeFileSync(other, 'scrape_configs: []\n');
  const { problems } = await importPrometheus({
    ...surroundings,
    files: [wrong, other, join(folder, 'missing.yml')],
    by: 'job',
    severities: {},
  });

  expect(
    problems.map(({ file, line, message }) => `${file.slice(folder.length + 1)}:${line} ${message}`),
  ).toEqual([
    'other.yml:1 holds neither groups: of rules nor tests: of promtool',
    'missing.yml:1 cannot be read: there is no such file',
    expect.stringMatching(/^wrong\.yml:5 is not PromQL: /),
    'wrong.yml:6 B has no expr',
    'wrong.yml:7 is neither an alert nor a recording rule',
  ]);
});

function importFiles(files: readonly string[], severities = {}): Promise<Imported> {
  return importPrometheus({
    ...surroundings,
    files: files.map((file) => join(cases, file)),
    by: 'job',
    severities,
  });
}

function writePack(name: string, { rules, tests }: Imported): string {
  const path = join(folder, name);
  mkdirSync(join(path, 'tests'), { recursive: true });
  writeFileSync(join(path, 'rules.yaml'), rules);
  for (const [file, text] of Object.entries(tests)) writeFileSync(join(path, 'tests', file), text);
  return path;
}

function shortened(text: string): string {
  return text.replaceAll(`${cases}/`, '');
}
