import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { inProcess } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollbackd-cli-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const alerts = join(folder, 'alerts.yml');
const tests = join(folder, 'alerts_test.yml');
writeFileSync(
  alerts,
  `groups:
  - name: a
    rules:
      - { alert: Full, expr: 'queue > 5', for: 2m, labels: { severity: page } }
      - { record: job:x, expr: 'sum by (job) (x)' }
`,
);
writeFileSync(
  tests,
  `tests:
  - input_series: [{ series: 'queue{job="shop"}', values: '9x10' }]
    alert_rule_test: [{ eval_time: 5m, alertname: Full, exp_alerts: [{ exp_labels: { job: shop, severity: page } }] }]
`,
);
const note = `${alerts}:5  the recording rule job:x stays in Prometheus; rules go on reading what it records\n`;

test('a rule file is printed as a pack, with what was not carried over on the other stream', async () => {
  expect(await inProcess(['import', 'prometheus', alerts])).toEqual({
    code: 0,
    out: `# Made by rollbackd import prometheus.
# An alert ends at its first quiet evaluation; a rule ends once it was quiet for as long as its \`for\`, or as \`recover\` says.

rules:
  Full:
    summary: Full
    every: 1m
    prometheus:
      query: max by (job) (queue)
    levels:
      critical: { above: 5, for: 2m }
`,
    err: note,
  });
});

test('files are written into a pack, whose tests then pass; what is there stays unless told otherwise', async () => {
  const into = join(folder, 'shop');
  const args = ['import', 'prometheus', alerts, tests, '--into', into];
  expect(await inProcess(args)).toEqual({
    code: 0,
    out: `1 alert became 1 rule, and 1 test, in ${into}\n`,
    err: note,
  });
  expect(await inProcess(['test', into])).toMatchObject({ code: 0, out: '1 passed, 0 failed, in 1 file\n' });

  writeFileSync(join(into, 'rules.yaml'), '# mine\n');
  const again = await inProcess(args);
  expect(again).toMatchObject({ code: 2, out: '' });
  expect(again.err).toContain(`${into}/rules.yaml is there already; --force writes over it`);
  expect(readFileSync(join(into, 'rules.yaml'), 'utf8')).toBe('# mine\n');

  expect((await inProcess([...args, '--force'])).code).toBe(0);
  expect(readFileSync(join(into, 'rules.yaml'), 'utf8')).toContain('Full:');
});

test('nothing is made of a file with problems', async () => {
  const wrong = join(folder, 'wrong.yml');
  writeFileSync(wrong, "groups:\n  - rules:\n      - { alert: A, expr: 'sum(' }\n");
  const into = join(folder, 'never');
  const ran = await inProcess(['import', 'prometheus', wrong, '--into', into]);

  expect(ran).toMatchObject({ code: 1, out: '' });
  expect(ran.err).toContain(`${wrong}:3:27  groups[0].rules[0].expr  is not PromQL: `);
  expect(existsSync(into)).toBe(false);
});

test.each([
  [['import', 'datadog', alerts], 'import: expected prometheus, got datadog; nothing else can be imported'],
  [['import', 'prometheus'], 'import: FILE… is missing'],
  [['import', 'prometheus', alerts, '--by', 'a-b'], '--by: expected the name of a label, got a-b'],
  [
    ['import', 'prometheus', alerts, '--severity', 'x=bad'],
    '--severity: expected e.g. sev1=critical, got x=bad',
  ],
])('%j is wrong usage', async (argv, message) => {
  const ran = await inProcess(argv);
  expect(ran.code).toBe(2);
  expect(ran.err).toContain(message);
});
