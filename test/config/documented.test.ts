import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { shop, verdictOn } from './configuring.ts';

const page = readFileSync('docs/configuration.md', 'utf8');
const examples = [...page.matchAll(/^### (.*)\n(?:(?!^##)[^])*?^```yaml\n(rules:\n[^]*?)^```/gm)].map(
  ([, title = '', rules = '']) => ({ title, rules }),
);

test('the page shows rules of every kind', () => {
  expect(examples.map(({ title }) => title)).toEqual([
    'rules.yaml',
    'Signals that flap',
    'Several signals',
    'Baselines',
  ]);
});

test.each(examples)('the rules under "$title" load', async ({ rules }) => {
  const verdict = await verdictOn({ ...shop, 'packs/shop/rules.yaml': rules });
  expect(verdict.split('\n').filter((line) => !line.includes('warning: '))).toEqual(
    verdict === 'ok' ? ['ok'] : [],
  );
});
