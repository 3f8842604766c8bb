import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { files, root, text } from './tree.ts';

const documents = ['README.md', 'CONTRIBUTING.md', ...files('docs/**/*.md', 'demo/*.md', 'deploy/*')].filter(
  (path) => /\.(md|yaml|env)$/.test(path),
);

test('every command that a document names exists', () => {
  const named = documents.flatMap((path) =>
    [...text(path).matchAll(/`(?:npm run -s )?rollbackd (?:-- )?([a-z-]+)/g)].map(([, word]) => word ?? ''),
  );
  expect(named.length).toBeGreaterThan(20);
  expect([...new Set(named)].filter((word) => !(word in commands))).toEqual([]);
});

test('every link inside the project leads somewhere', () => {
  const broken = documents.flatMap((path) =>
    [...text(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, to]) => to ?? '')
      .filter((to) => !existsSync(join(root, dirname(path), to)))
      .map((to) => `${path}: ${to}`),
  );
  expect(broken).toEqual([]);
});

test('the README stays short enough to be read', () => {
  expect(text('README.md').split('\n').length).toBeLessThan(200);
});
