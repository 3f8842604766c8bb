import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { shop, verdictOn } from './configuring.ts';

/**
 * A case is a file and what is said of it: `NAME.KIND.yaml` takes the place of one file of the shop, `NAME.KIND.problems.txt`
 * is what a person reads.
 */
const folder = new URL('cases/', import.meta.url);
const replaced: Readonly<Record<string, string>> = {
  main: 'rollbackd.yaml',
  rules: 'packs/shop/rules.yaml',
  playbooks: 'packs/shop/playbooks.yaml',
};

const cases = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

test.each(cases)('%s is judged as its problems file says', async (file) => {
  const kind = replaced[file.split('.').at(-2) ?? ''];
  if (kind === undefined) throw new Error(`${file}: expected NAME.main.yaml, NAME.rules.yaml or NAME.playbooks.yaml`);
  const verdict = await verdictOn({ ...shop, [kind]: readFileSync(new URL(file, folder), 'utf8') });
  const expected = readFileSync(new URL(file.replace(/yaml$/, 'problems.txt'), folder), 'utf8');
  expect(`${verdict}\n`).toBe(expected);
});

test('every problems file belongs to a case', () => {
  const pairs = cases.map((file) => file.replace(/yaml$/, 'problems.txt'));
  expect(readdirSync(folder).filter((file) => file.endsWith('.txt'))).toEqual(pairs);
});
