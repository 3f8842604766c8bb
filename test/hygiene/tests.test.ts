import { expect, test } from 'vitest';
import { codeHits, files, text } from './tree.ts';

const tests = files('test/**/*.test.ts');

test('no test is skipped, postponed or left alone, and none mocks a module', () => {
  const words = ['skip', 'only', 'todo', 'skipIf', 'runIf', 'fails'].join('|');
  const shortcuts = new RegExp(`\\b(test|it|describe)\\.(${words})\\b|\\bvi\\.(mock|doMock|hoisted)\\(`);
  expect(codeHits(tests, shortcuts)).toEqual([]);
});

test('every test file asserts something', () => {
  expect(tests.filter((path) => !/\bexpect\b|\bassert\b|Contract\(/.test(text(path)))).toEqual([]);
});

test('titles state behaviour as a fact', () => {
  expect(codeHits(tests, /\b(test|it)\(\s*['"`][^'"`]+\bshould\b/)).toEqual([]);
});
