import { expect, test } from 'vitest';
import { text } from './tree.ts';

const page = 'docs/faults.md';
const rows = text(page)
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fault') && !line.startsWith('| |'));

/** Which file holds which title, as a row says. */
function proofsOf(row: string): readonly { readonly path: string; readonly title: string }[] {
  return [...row.matchAll(/`(test\/[^`]+)`: \*([^*]+)\*/g)].map(([, path = '', title = '']) => ({
    path,
    title,
  }));
}

test('every fault has its row, and every row names tests', () => {
  const numbers = rows.flatMap((row) => /^\| (\d+) /.exec(row)?.[1] ?? []).map(Number);
  expect(numbers).toEqual(Array.from({ length: 57 - 36 + 1 }, (_, nth) => 36 + nth));
  expect(rows.filter((row) => proofsOf(row).length === 0)).toEqual([]);
});

test('every test that is named as a proof is there, under that title', () => {
  const missing = rows
    .flatMap(proofsOf)
    .filter(({ path, title }) => {
      const written = text(path);
      return !["'", '"', '`'].some((quote) => written.includes(`${quote}${title}${quote}`));
    })
    .map(({ path, title }) => `${path}: ${title}`);
  expect(missing).toEqual([]);
});
