import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { inProcess, rollbackd, type Ran } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollbackd-cli-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pack = join(folder, 'rules', 'shop');
write(
  'rules/shop/rules.yaml',
  `
rules:
  errors:
    summary: Share of requests answered with 5xx
    every: 15s
    prometheus:
      ratio:
        bad: sum by (service) (rate(http_requests_total{status=~"5.."}[1m]))
        total: sum by (service) (rate(http_requests_total[1m]))
        min: 0.1
    levels:
      critical: { above: 50%, for: 1m }
      medium: { above: 10%, for: 5m, do: investigate }
    recover: { below: 5%, for: 1m }
  memory:
    every: 30s
    docker: memory
    levels: { critical: { above: 95%, for: 2m } }
`,
);
write(
  'rules/shop/playbooks.yaml',
  `
playbooks:
  service: { steps: [{ docker.rollback: { to: last_good } }] }
`,
);
write(
  'rules/shop/tests/errors.yaml',
  `
tests:
  - name: errors above a half for a minute roll back
    interval: 15s
    series:
      - { series: 'http_requests_total{service="backend",status="200"}', values: '0+100x8 800x20 900+100x60' }
      - { series: 'http_requests_total{service="backend",status="500"}', values: '0x8 100+100x20 2100x60' }
    expect:
      - { at: 2m, rule: errors, verdict: ok, phase: clear }
      - { at: 3m15s, rule: errors, level: critical, phase: pending }
      - { by: 5m, decision: rollback }
      - { by: 20m, rolled_back_to: v1 }
`,
);
write(
  'rules/shop/tests/memory.yaml',
  `
tests:
  - name: memory at its limit rolls back
    readings: { memory: 50% x4 97% x6 50% x20 }
    expect:
      - { at: 2m, rule: memory, level: critical, phase: firing }
      - { at: 4m, decision: rollback }
`,
);

function write(path: string, text: string): void {
  const whole = join(folder, path);
  mkdirSync(join(whole, '..'), { recursive: true });
  writeFileSync(whole, text);
}

/** Runs the command in this process; paths are shown from the folder of the case. */
async function run(...args: string[]): Promise<Ran> {
  const ran = await inProcess(['test', ...args]);
  const shown = (text: string): string => text.replaceAll(`${folder}/`, '');
  return { ...ran, out: shown(ran.out), err: shown(ran.err) };
}

const failed = `FAILED  rules/shop/tests/memory.yaml:3  memory at its limit rolls back
  at 2m: shop/memory on backend  (rules/shop/tests/memory.yaml:6)
    critical  expected firing  got pending
    readings:
       30s    ok      50%  critical clear
       1m     ok      50%  critical clear
       1m30s  ok      50%  critical clear
    >  2m     breach  97%  critical pending (0ms of 2m)
       2m30s  breach  97%  critical pending (30s of 2m)
       3m     breach  97%  critical pending (1m of 2m)

`;

describe('rollbackd test', () => {
  test('runs the tests of a pack, and shows the one that fails as a person reads it', async () => {
    expect(await run(pack)).toEqual({ code: 1, out: `${failed}1 passed, 1 failed, in 2 files\n`, err: '' });
  });

  test('is one program from a shell, without any server', async () => {
    const ran = await rollbackd(['test', join(pack, 'tests', 'errors.yaml')]);
    expect(ran).toEqual({ code: 0, out: '1 passed, 0 failed, in 1 file\n', err: '' });
  });

  test('runs the example of its documentation', async () => {
    const page = readFileSync(new URL('../../docs/rule-tests.md', import.meta.url), 'utf8');
    write('docs/shop/rules.yaml', readFileSync(join(pack, 'rules.yaml'), 'utf8'));
    write('docs/shop/tests/errors.yaml', /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
    expect(await run(join(folder, 'docs'))).toEqual({
      code: 0,
      out: '1 passed, 0 failed, in 1 file\n',
      err: '',
    });
  });

  test('runs the tests that are named', async () => {
    expect(await run(pack, '--run', '^errors')).toMatchObject({
      code: 0,
      out: '1 passed, 0 failed, in 2 files\n',
    });
  });

  test('says no when nothing was run', async () => {
    expect(await run(pack, '--run', 'nothing')).toEqual({
      code: 1,
      out: '0 passed, 0 failed, in 2 files\n',
      err: 'no test has a name that matches --run nothing\n',
    });
  });

  test('tells which levels no test made fire', async () => {
    const { out } = await run(join(pack, 'tests', 'memory.yaml'), '--coverage');
    expect(out).toBe(`${failed}coverage: 1 of 3 levels fired in a test (33.3%)
  shop/errors  critical  never fired, never read ok
  shop/errors  medium    never fired, never read ok

0 passed, 1 failed, in 1 file
`);
  });

  test('counts the levels of packs without tests', async () => {
    write(
      'some/untested/rules.yaml',
      'rules: { disk: { disk: { path: / }, levels: { high: { below: 5%, for: 1m } } } }',
    );
    write('some/tested/rules.yaml', readFileSync(join(pack, 'rules.yaml'), 'utf8'));
    write('some/tested/tests/errors.yaml', readFileSync(join(pack, 'tests', 'errors.yaml'), 'utf8'));
    expect((await run(join(folder, 'some'), '--coverage')).out)
      .toBe(`coverage: 2 of 4 levels fired in a test (50%)
  tested/memory  critical  never fired, never read ok
  untested/disk  high      never fired, never read ok

1 passed, 0 failed, in 1 file
`);
  });

  test('says why it cannot look at a path', async () => {
    const loop = join(folder, 'loop.yaml');
    symlinkSync(loop, loop);
    const { code, err } = await run(loop);
    expect(code).toBe(1);
    expect(err).toContain('looking for tests at loop.yaml: ELOOP');
  });

  test('says no when too few levels fired', async () => {
    const errors = join(pack, 'tests', 'errors.yaml');
    expect((await run(errors, '--fail-under', '60%')).code).toBe(0);
    expect((await run(errors, '--fail-under', '67%')).code).toBe(1);
    expect((await run(errors, '--fail-under', '1')).code).toBe(1);
  });

  test('writes a report for CI', async () => {
    const report = join(folder, 'report.xml');
    await run(pack, '--junit', report);
    const text = readFileSync(report, 'utf8')
      .replaceAll(`${folder}/`, '')
      .replaceAll(/time="[\d.]+"/g, 'time="0"');

    expect(text).toContain('<testsuites tests="2" failures="1" errors="0" time="0">');
    expect(text).toContain(
      '<testcase name="errors above a half for a minute roll back" classname="rules/shop/tests/errors.yaml"',
    );
    expect(text).toContain(
      '<failure message="at 2m: shop/memory on backend">at 2m: shop/memory on backend\n',
    );
  });

  test('tells programs everything', async () => {
    const { code, out } = await run(pack, '--json');
    const told = JSON.parse(out) as { ok: boolean; tests: object[]; coverage: { fired: number } };

    expect(code).toBe(1);
    expect(told).toMatchObject({
      ok: false,
      tests: [
        { name: 'errors above a half for a minute roll back', line: 3, passed: true, failures: [] },
        { name: 'memory at its limit rolls back', passed: false, failures: [{ line: 6 }] },
      ],
      problems: [],
      coverage: { fired: 3, total: 3 },
    });
  });

  test('shows what is wrong with a file at its place, and runs the others', async () => {
    write('broken/shop/rules.yaml', readFileSync(join(pack, 'rules.yaml'), 'utf8'));
    write(
      'broken/shop/tests/a.yaml',
      'tests:\n  - name: a\n    readings: { memry: 5% }\n    expect: [{ at: 1m, decision: none }]\n',
    );
    write('broken/shop/tests/b.yaml', 'tests:\n  - name: b\n    expect: [{ at: 1m, decision: none }]\n');
    expect(await run(join(folder, 'broken'))).toMatchObject({
      code: 1,
      out: `broken/shop/tests/a.yaml:3:17  tests[0].readings.memry  unknown rule memry, did you mean memory?

1 passed, 0 failed, 1 problem, in 2 files
`,
    });
  });

  test.each([
    [['nowhere'], 1, 'rollbackd: looking for tests at nowhere: there is no such file or folder [NOT_FOUND]'],
    [[], 2, 'rollbackd: test: FILE|DIR… is missing [USAGE]'],
    [[pack, '--run', '('], 2, 'rollbackd: --run: Invalid regular expression'],
    [
      [pack, '--fail-under', 'all'],
      2,
      'rollbackd: --fail-under: expected a share such as 100% or 0.9, got all [USAGE]',
    ],
  ] as const)('refuses %j', async (args, code, message) => {
    const ran = await run(...args);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(message);
  });
});
