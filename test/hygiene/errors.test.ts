import { expect, test } from 'vitest';
import { errorCodes } from '../../src/domain/errors.ts';
import { text } from './tree.ts';

const sections = text('docs/errors.md')
  .split(/^### /m)
  .slice(1)
  .map((section) => ({
    code: section.split('\n')[0]?.trim() ?? '',
    recourse: /^Recourse: `([a-z-]+)`$/m.exec(section)?.[1] ?? '',
    cause: /^Cause: (.+)/m.exec(section)?.[1] ?? '',
    remedy: /^Remedy: (.+)/m.exec(section)?.[1] ?? '',
  }));

test('docs/errors.md lists exactly the codes of the catalogue, in its order, with their recourse', () => {
  expect(sections.map(({ code, recourse }) => [code, recourse])).toEqual(Object.entries(errorCodes));
});

test('every code has a cause and a remedy', () => {
  expect(sections.filter(({ cause, remedy }) => cause === '' || remedy === '')).toEqual([]);
});
