import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSeriesValues } from '../../src/rehearse/series-notation.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollbackd-promtool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the real promtool on a file of tests. */
function promtool(file: string): string {
  const ran = spawnSync('promtool', ['test', 'rules', file], { cwd: folder, encoding: 'utf8' });
  return `${ran.status} ${ran.stdout}${ran.stderr}`.trim();
}

test('the files that the tests of importing use hold for promtool itself', () => {
  cpSync(join(import.meta.dirname, '..', 'app', 'import', 'cases'), folder, { recursive: true });
  expect(promtool('shop.tests.yml')).toMatch(/^0 [\s\S]*SUCCESS$/);
});

test('written series expand as they do in promtool, sample by sample', () => {
  const notations = [
    '1 2 3',
    '0+10x5',
    '1-2x4',
    '3x4 _x2 7',
    '-1.5x2 -1+0.1x7',
    '_ 1 _ 2',
    '1e3-1e2x3',
    '0x3 5',
    '1 2 stale _ 3',
    '1-1x1 Inf -Inf 4',
  ];
  const tests = notations.map((values) => ({
    interval: '10m',
    input_series: [{ series: 'x', values }],
    promql_expr_test: samplesOf(values).map((value, index) => ({
      // Ten minutes apart nothing is left of the sample before.
      expr: 'x',
      eval_time: `${index * 10}m`,
      exp_samples: value === null ? [] : [{ labels: 'x', value }],
    })),
  }));
  // JSON has no infinities; YAML does.
  const text = JSON.stringify({ evaluation_interval: '10m', tests }, (_, value: unknown) =>
    value === Infinity ? '@inf' : value === -Infinity ? '@-inf' : value,
  ).replaceAll(/"@(-?)inf"/g, '$1.inf');
  writeFileSync(join(folder, 'expand.yml'), text);

  expect(promtool('expand.yml')).toMatch(/^0 [\s\S]*SUCCESS$/);
});

function samplesOf(values: string): (number | null)[] {
  const read = readSeriesValues(values);
  if ('problem' in read) throw new Error(read.problem);
  return read.map((sample) => (typeof sample === 'number' ? sample : null));
}
