import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { checkConfiguration } from '../../src/app/check.ts';
import { systemClock } from '../../src/app/clock.ts';
import { testRules, type TestedRules } from '../../src/app/rule-tests/test-rules.ts';
import { loadPack } from '../../src/app/rehearsal/pack.ts';
import { formatProblems } from '../../src/config/format-problems.ts';
import type { Configuration } from '../../src/domain/configuration.ts';
import { formatDuration } from '../../src/domain/time.ts';

const surroundings = { clock: systemClock(), environment: {} };
const packs = readdirSync('rules');

let tested: TestedRules;

beforeAll(async () => {
  const paths = packs.map((pack) => join('rules', pack));
  const { signal } = new AbortController();
  tested = await testRules({ ...surroundings, paths, only: null, progress: () => {}, signal });
}, 60_000);

test('the packs are those of the four systems', () => {
  expect(packs).toEqual(['layra', 'lora', 'mapper', 'mdm']);
});

test.each(packs)('nothing is doubtful about the pack %s', async (pack) => {
  const checked = await checkConfiguration({ ...surroundings, path: join('rules', pack) });
  if (!checked.ok) throw new Error(checked.lines.join('\n'));
  const grave = checked.findings.filter(({ gravity }) => gravity !== 'info');
  expect(grave.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  expect(checked.findings.filter(({ code }) => code === 'rule/no-test')).toEqual([]);
});

test.each(packs)('every test of the pack %s passes, and every level fires in one', (pack) => {
  expect(formatProblems(tested.problems)).toBe('');
  const own = tested.tests.filter(({ where }) => where.file.startsWith(join('rules', pack, 'tests')));
  expect(own.length).toBeGreaterThan(1);
  expect(own.filter(({ failures }) => failures.length > 0)).toEqual([]);
  const levels = tested.coverage.levels.filter(({ rule }) => rule.startsWith(`${pack}/`));
  expect(levels.length).toBeGreaterThan(1);
  expect(levels.filter(({ fired, quiet }) => !fired || !quiet)).toEqual([]);
});

test.each(packs)('the page of the pack %s names each of its rules', async (pack) => {
  const checked = await checkConfiguration({ ...surroundings, path: join('rules', pack) });
  const page = readFileSync(join('rules', pack, 'README.md'), 'utf8');
  const rules = (checked.json as { readonly rules: readonly string[] }).rules;
  const names = rules.map((id) => id.slice(id.indexOf('/') + 1));
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test.each(packs)('above each rule of the pack %s stands where it comes from', (pack) => {
  const lines = readFileSync(join('rules', pack, 'rules.yaml'), 'utf8').split('\n');
  const named = lines.flatMap((line, index) => (/^ {2}[\w-]+:$/.test(line) ? [{ line, index }] : []));
  const sections =
    /^ {2}# (Strategy \d\.\d|Framework, |Triggers: |Matrix: |Trigger conditions: |\d Runtime kill-switch: )/m;
  expect(named.length).toBeGreaterThan(1);
  for (const { line, index } of named) {
    const remark = lines.slice(lines.lastIndexOf('', index), index).join('\n');
    expect(remark, line).toMatch(sections);
  }
});

/** The packs whose runbooks say who is told when. */
const plans = ['layra', 'mdm'];

test.each(plans)('every playbook of the pack %s names its communication plan', async (pack) => {
  const { playbooks, communications } = await packOf(pack);
  const named = Object.values(playbooks).map(({ communication }) => communication);
  expect(new Set(named)).toEqual(new Set([`${pack}/standard`]));
  expect(Object.keys(communications)).toEqual([`${pack}/standard`]);
});

test('the plan of layra is the one of its runbook', async () => {
  const { communications } = await packOf('layra');
  const plan = communications['layra/standard']?.announcements ?? [];
  expect(plan.map(({ afterMs, to, when }) => `${formatDuration(afterMs)} ${to} ${when}`)).toEqual([
    '0ms internal open',
    '0ms external open',
    '5m internal open',
    '15m internal open',
    '15m external open',
    '1h internal closed',
    '1h external closed',
  ]);
});

test('what users are told says nothing of severities, reasons and states inside', async () => {
  for (const pack of plans) {
    const { communications } = await packOf(pack);
    const outside = Object.values(communications)
      .flatMap(({ announcements }) => announcements)
      .filter(({ to }) => to === 'external');
    expect(outside.length).toBeGreaterThan(1);
    for (const { say } of outside) expect(say).not.toMatch(/\$\{(?!target|since|lasted)/);
  }
});

test('a pack is data only', () => {
  for (const pack of packs) {
    expect(readdirSync(join('rules', pack)).toSorted()).toEqual([
      'README.md',
      ...(plans.includes(pack) ? ['communication.yaml'] : []),
      ...(pack === 'layra' ? ['data.yaml'] : []),
      'playbooks.yaml',
      'rules.yaml',
      'tests',
    ]);
    expect(existsSync(join('rules', pack, 'tests'))).toBe(true);
  }
});

async function packOf(pack: string): Promise<Configuration> {
  const folder = join('rules', pack);
  const loaded = await loadPack({ ...surroundings, folder, targets: { service: {} }, mode: 'auto' });
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  return loaded.configuration;
}
