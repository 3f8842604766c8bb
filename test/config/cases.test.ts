import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { shop, verdictOn } from './configuring.ts';

/**
 * A case is a file and what is said of it: `NAME.KIND.yaml` takes the place of one file of the shop, and
 * `NAME.KIND.problems.txt` is what a person reads. `vitest -u` writes the second anew, to be read before it is kept.
 */
const folder = fileURLToPath(new URL('cases/', import.meta.url));
const replaced: Readonly<Record<string, string>> = {
  main: 'rollbackd.yaml',
  rules: 'packs/shop/rules.yaml',
  playbooks: 'packs/shop/playbooks.yaml',
  communication: 'packs/shop/communication.yaml',
  data: 'packs/shop/data.yaml',
};

const cases = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

test.each(cases)('%s is judged as its problems file says', async (file) => {
  const kind = replaced[file.split('.').at(-2) ?? ''];
  if (kind === undefined)
    throw new Error(
      `${file}: expected NAME.main.yaml, NAME.rules.yaml, NAME.playbooks.yaml, NAME.communication.yaml or NAME.data.yaml`,
    );
  const verdict = await verdictOn({ ...shop, [kind]: readFileSync(`${folder}${file}`, 'utf8') });
  await expect(`${verdict}\n`).toMatchFileSnapshot(`${folder}${file.replace(/yaml$/, 'problems.txt')}`);
});

test('every case has its problems file, and every problems file its case', () => {
  const pairs = cases.map((file) => file.replace(/yaml$/, 'problems.txt'));
  expect(readdirSync(folder).filter((file) => file.endsWith('.txt'))).toEqual(pairs);
});

test('a secret that was written into a file is not repeated in what is said of it', () => {
  const said = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  const written = cases.filter((file) => readFileSync(`${folder}${file}`, 'utf8').includes('hunter2'));
  expect(written.length).toBeGreaterThan(3);
  for (const file of said) expect(readFileSync(`${folder}${file}`, 'utf8')).not.toContain('hunter2');
});
