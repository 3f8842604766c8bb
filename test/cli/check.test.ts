import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { mainFile, playbooks } from '../lint/linting.ts';
import { inProcess, rollbackd, type Ran } from './terminal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const rules = `rules:
  memory:
    prometheus: { query: 'sum by (service) (rate(memory_bytes[1m]))' }
    levels: { critical: { above: 5, for: 1m } }
  queue:
    prometheus:
      query: |
        sum by (service) (
          queue_length{pool=~"jobs"}
    levels: { critical: { above: 5, for: 1m } }
  mail:
    prometheus: { query: sum by (service) (mails) } # rollbackd:disable rule/no-fresh it stamps its samples
    levels: { critical: { above: 5, for: 1m } }
`;

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder('rollbackd-check');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

async function check(folder: string, args: readonly string[], color = false): Promise<Ran> {
  const ran = await inProcess(['check', ...args], {}, color);
  return { ...ran, out: ran.out.replaceAll(folder, ''), err: ran.err.replaceAll(folder, '') };
}

test('findings are shown as compilers do, infos of one kind together', async () => {
  const folder = folderOf({ 'shop/rules.yaml': rules });
  expect(await check(folder, [join(folder, 'shop')])).toEqual({
    code: 1,
    err: '/shop has findings that matter: 3 rules, 1 playbook\n',
    out: `error[promql/syntax]: unclosed left parenthesis
 --> /shop/rules.yaml:9:37
9 |           queue_length{pool=~"jobs"}
  |                                     ^
  = why: A query that cannot be evaluated never gives a reading, so the rule is blind.
  = do:  Correct the query at the marked place.

warning[promql/rate-gauge]: rate() over memory_bytes, which does not look like a counter (_total, _count, _sum, _bucket)
 --> /shop/rules.yaml:3:50
3 |     prometheus: { query: 'sum by (service) (rate(memory_bytes[1m]))' }
  |                                                  ^^^^^^^^^^^^
  = why: rate(), irate(), increase() and resets() take every fall of the value for a restart of a counter; on a gauge the result means nothing.
  = do:  Use deriv(), delta() or avg_over_time() for a gauge; if it is a counter with an odd name, silence this with that reason.

info[rule/no-fresh]: prometheus has no fresh: old samples are believed
 --> /shop/rules.yaml:3:5
3 |     prometheus: { query: 'sum by (service) (rate(memory_bytes[1m]))' }
  |     ^^^^^^^^^^
  = why: A range still holds samples when the exporter has just gone, and some exporters repeat their last value for ever; fresh makes old samples unknown.
  = do:  Add fresh: a selector of series that are always there, e.g. up{job="…"}.
  = also at:
      /shop/rules.yaml:6:5

assumed: a sample comes every 15s
assumed: targets bear the label service, and have all that the first playbook of the pack needs
1 error, 1 warning, 2 infos, 1 silenced; docs/lint.md explains each
`,
  });
});

test('colour marks how grave a finding is, on a terminal only', async () => {
  const folder = folderOf({ 'shop/rules.yaml': rules });
  const { out } = await check(folder, [join(folder, 'shop')], true);
  expect(out.split('\n')[0]).toBe(
    '\u{1b}[31merror[promql/syntax]\u{1b}[0m: \u{1b}[1munclosed left parenthesis\u{1b}[0m',
  );
  expect((await check(folder, [join(folder, 'shop')])).out).not.toContain('\u{1b}');
});

test('what fails a check is for the person to say', async () => {
  const folder = folderOf({ 'shop/rules.yaml': rules.replace('"jobs"}', '"jobs"})') });
  const code = async (...args: string[]): Promise<number | null> =>
    (await check(folder, [join(folder, 'shop'), ...args])).code;
  expect(await code()).toBe(0);
  expect(await code('--fail-on', 'error')).toBe(0);
  expect(await code('--fail-on', 'warning')).toBe(1);
  expect(await code('--fail-on', 'info')).toBe(1);
  expect(await check(folder, ['--fail-on', 'loud'])).toEqual({
    code: 2,
    out: '',
    err: 'rollbackd: check: --fail-on takes error, warning or info, got loud [USAGE]\n',
  });
});

test('JSON has every finding with its place, and what was taken for granted', async () => {
  const folder = folderOf({
    'rollbackd.yaml': mainFile(['cart']),
    'shop/rules.yaml': `rules:
  memory:
    prometheus: { query: 'sum by (service) (deriv(memory_bytes[1m]))' }
    levels: { critical: { above: 5, for: 1m } }
`,
    'shop/playbooks.yaml': playbooks,
  });
  const { code, out } = await check(folder, [join(folder, 'rollbackd.yaml'), '--json']);
  const { digest, ...said } = JSON.parse(out) as Record<string, unknown>;
  expect(code).toBe(0);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(said).toEqual({
    ok: true,
    problems: [],
    warnings: [],
    targets: ['cart'],
    rules: ['shop/memory'],
    silenced: 0,
    assumptions: ['Prometheus scrapes every 15s'],
    findings: [
      {
        code: 'rule/no-fresh',
        gravity: 'info',
        file: '/shop/rules.yaml',
        line: 3,
        column: 5,
        length: 10,
        excerpt: "    prometheus: { query: 'sum by (service) (deriv(memory_bytes[1m]))' }",
        message: 'prometheus has no fresh: old samples are believed',
        why: 'A range still holds samples when the exporter has just gone, and some exporters repeat their last value for ever; fresh makes old samples unknown.',
        remedy: 'Add fresh: a selector of series that are always there, e.g. up{job="…"}.',
      },
    ],
  });
});

test('a configuration with problems is told all of them, and not linted', async () => {
  const folder = folderOf({
    'rollbackd.yaml': `${mainFile(['cart'])}mod: auto\nhalt_fle: x\n`,
    'shop/rules.yaml': rules,
    'shop/playbooks.yaml': playbooks,
  });
  const path = join(folder, 'rollbackd.yaml');
  expect(await check(folder, [path])).toEqual({
    code: 1,
    out: '',
    err: `/rollbackd.yaml:7:1  mod       unknown key, did you mean mode?
/rollbackd.yaml:8:1  halt_fle  unknown key, did you mean halt_file?
2 problems; nothing was started
`,
  });
  const { out } = await check(folder, [path, '--json']);
  expect(JSON.parse(out)).toMatchObject({ ok: false, findings: [], warnings: [] });
});

test('nothing doubtful is one line', async () => {
  const folder = folderOf({
    'rollbackd.yaml': mainFile(['cart']),
    'shop/rules.yaml': 'rules:\n  up:\n    docker: running\n    levels: { critical: { failures: 2 } }\n',
    'shop/playbooks.yaml': playbooks,
  });
  const { code, out } = await check(folder, [join(folder, 'rollbackd.yaml')]);
  expect(out).toMatch(
    /^\/rollbackd\.yaml is fine: 1 target, 1 rule, 1 playbook; mode notify; digest [0-9a-f]{12}\n$/,
  );
  expect(code).toBe(0);
});

test('a file cannot write to the terminal through its findings, and a line of any length is shown in part', async () => {
  const long = `sum by (service) (rate(memory_bytes{a="\\u001b[2J${'x'.repeat(900)}"}[1m]))`;
  const folder = folderOf({
    'shop/rules.yaml': `rules:\n  m:\n    prometheus: { fresh: up, query: '${long}' }\n    levels: { critical: { above: 5, for: 1m } }\n`,
  });
  const { out } = await check(folder, [join(folder, 'shop')]);
  expect(out).not.toContain('\u{1b}');
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(200);
  expect(out).toContain('rate(memory_bytes{a=');
});

test('without --online no word is said about a Prometheus that is not there, with it an info is', async () => {
  const folder = folderOf({
    'rollbackd.yaml': mainFile(['cart']).replace('http://prometheus:9090', 'http://127.0.0.1:9'),
    'shop/rules.yaml': `rules:
  queue:
    prometheus: { query: sum by (service) (queue), fresh: up }
    levels: { critical: { above: 5, for: 1m } }
`,
    'shop/playbooks.yaml': playbooks,
  });
  const path = join(folder, 'rollbackd.yaml');
  expect((await check(folder, [path])).out).not.toContain('online');
  const { code, out } = await check(folder, [path, '--online']);
  expect(code).toBe(0);
  expect(out).toContain(
    'info[online/unanswered]: cannot tell what query returns: POST http://127.0.0.1:9/api/v1/query',
  );
  expect((await check(folder, [path, '--online', '--fail-on', 'info'])).code).toBe(1);
});

test('the program itself checks a pack of its own', async () => {
  const { code, out } = await rollbackd(['check', 'rules/layra']);
  expect(out).toContain('rules/layra is fine: ');
  expect(code).toBe(0);
});

test('JSON has the same members when something is wrong', async () => {
  const folder = folderOf({ 'shop/rules.yaml': 'rules: { a: { every: 5s } }' });
  const { code, out } = await check(folder, [join(folder, 'shop'), '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({
    ok: false,
    problems: expect.arrayContaining([
      expect.objectContaining({ file: '/shop/rules.yaml', line: 1 }),
    ]) as unknown,
    warnings: [],
    rules: [],
    findings: [],
    silenced: 0,
    assumptions: [],
  });
});
