import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Explained } from '../../src/lint/check.ts';
import { onlineCodes } from '../../src/lint/online/online.ts';
import { checks } from '../../src/lint/registry.ts';
import { silenceCodes } from '../../src/lint/apply-silences.ts';
import { files, text } from '../hygiene/tree.ts';
import { lint, playbooks, type Files } from './linting.ts';

const page = readFileSync(new URL('../../docs/lint.md', import.meta.url), 'utf8');
const sections = page
  .split(/^### /m)
  .slice(1)
  .map((section) => ({
    code: section.split('\n')[0] ?? '',
    body: section.split(/^## /m)[0] ?? '',
    examples: [...section.matchAll(/```yaml\n(.*?)```/gs)].map(([, example]) => example ?? ''),
  }));
const every: Readonly<Record<string, Explained>> = { ...checks, ...onlineCodes, ...silenceCodes };
const offline = sections.filter(({ code }) => !(code in onlineCodes));

test('docs/lint.md has a section for each code, and for nothing else', () => {
  expect(sections.map(({ code }) => code).toSorted()).toEqual(Object.keys(every).toSorted());
});

test.each(sections)(
  'docs/lint.md says of $code what a finding says, with two examples',
  ({ code, body, examples }) => {
    const explained = every[code];
    expect(body).toContain(`Gravity: \`${explained?.gravity ?? ''}\``);
    expect(body).toContain(`${explained?.why ?? ''} ${explained?.remedy ?? ''}`);
    expect(examples).toHaveLength(2);
  },
);

test.each(offline)('the first example of $code fails, the second passes', async ({ code, examples }) => {
  const [fails = '', passes = ''] = examples;
  expect(await codesIn(fails)).toContain(code);
  expect(await codesIn(passes)).not.toContain(code);
});

test('every warning of the configuration is a finding with a section', () => {
  const warned = files('src/config/*.ts')
    .flatMap((path) => [...text(path).matchAll(/\.warning\((.*?)\);/gs)])
    .map(([, call]) => /'([a-z]+\/[a-z-]+)'/.exec(call ?? '')?.[1] ?? `none in ${call ?? ''}`);
  expect(warned.length).toBeGreaterThan(5);
  expect(warned.filter((code) => !(code in checks))).toEqual([]);
});

test('the report of the introduction is what is printed', async () => {
  const [finding] = await lint({
    'shop/rules.yaml': sections.find(({ code }) => code === 'promql/rate-gauge')?.examples[0] ?? '',
  });
  expect(page).toContain(`${finding?.gravity ?? ''}[${finding?.code ?? ''}]: ${finding?.message ?? ''}\n`);
  expect(page).toContain(`--> ${finding?.file ?? ''}:${finding?.line ?? 0}:${finding?.column ?? 0}\n`);
});

async function codesIn(example: string): Promise<readonly string[]> {
  return (await lint(filesIn(example))).map(({ code }) => code);
}

/** `# shop/rules.yaml` begins a file; without any, all of it is the rules of a pack. */
function filesIn(example: string): Files {
  const parts = example.split(/^# (\S+\.yaml)$/m);
  if (parts.length === 1) return { 'shop/rules.yaml': example };
  const named = parts
    .slice(1)
    .flatMap((part, index, all) => (index % 2 === 0 ? [[part, all[index + 1] ?? '']] : []));
  return { 'shop/playbooks.yaml': playbooks, ...(Object.fromEntries(named) as Files) };
}
