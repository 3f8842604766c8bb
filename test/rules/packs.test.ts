import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { checkConfiguration } from '../../src/app/check.ts';
import { systemClock } from '../../src/app/clock.ts';
import { testRules, type TestedRules } from '../../src/app/rule-tests/test-rules.ts';
import { formatProblems } from '../../src/config/format-problems.ts';

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

test('a pack is data only', () => {
  for (const pack of packs) {
    expect(readdirSync(join('rules', pack)).toSorted()).toEqual([
      'README.md',
      'playbooks.yaml',
      'rules.yaml',
      'tests',
    ]);
    expect(existsSync(join('rules', pack, 'tests'))).toBe(true);
  }
});
