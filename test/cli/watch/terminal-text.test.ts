import { expect, test } from 'vitest';
import { cellsOf, fit, padded, withoutStyle } from '../../../src/cli/watch/cells.ts';
import { redrawn } from '../../../src/cli/watch/draw.ts';
import { keysIn } from '../../../src/cli/watch/keys.ts';
import { nearestLevel } from '../../../src/cli/watch/nearest-level.ts';
import { printable } from '../../../src/cli/printable.ts';
import { aLevel, aRule } from '../../fakes/daemon-views.ts';

test.each([
  ['abc', 3],
  ['検索', 4],
  ['🔥', 2],
  ['👩‍🚒', 2],
  ['é', 1],
  ['e\u0301', 1],
  ['\u001b[31mred\u001b[0m', 3],
  ['', 0],
  ['█░▸✓', 4],
])('%j takes %d cells', (text, cells) => {
  expect(cellsOf(text)).toBe(cells);
});

test.each([
  ['abcdef', 4, 'abc…'],
  ['abcd', 4, 'abcd'],
  ['検索検索', 5, '検索…'],
  ['検索検索', 4, '検…'],
  ['a', 0, ''],
  ['\u001b[31mabcdef\u001b[0m', 3, '\u001b[31mab…\u001b[0m'],
])('%j in %d cells is %j', (text, width, shown) => {
  expect(fit(text, width)).toBe(shown);
  expect(cellsOf(fit(text, width))).toBeLessThanOrEqual(width);
});

test('padding counts cells', () => {
  expect(padded('検索', 6)).toBe('検索  ');
  expect(withoutStyle(padded('\u001b[2mx\u001b[0m', 3))).toBe('x  ');
});

test('keys are told apart from what terminals send around them', () => {
  expect(keysIn('j\u001b[A\u001bOB\r\u007f\u0003é')).toEqual([
    { name: 'character', character: 'j' },
    { name: 'up' },
    { name: 'down' },
    { name: 'enter' },
    { name: 'backspace' },
    { name: 'interrupt' },
    { name: 'character', character: 'é' },
  ]);
  expect(keysIn('\u001b')).toEqual([{ name: 'escape' }]);
  expect(keysIn('\u001b[1;5C\u001b[24~\u0000')).toEqual([]);
});

test('what was pasted is no key', () => {
  expect(keysIn('\u001b[200~ay\r\u001b[201~j')).toEqual([{ name: 'character', character: 'j' }]);
  expect(keysIn('\u001b[200~ay\r')).toEqual([]);
});

test('only lines that changed are written, in one piece', () => {
  expect(redrawn(['a', 'b', 'c'], ['a', 'B', 'c'])).toBe(
    '\u001b[?2026h\u001b[?25l\u001b[2;1HB\u001b[0m\u001b[K\u001b[?2026l',
  );
  expect(redrawn(['a'], ['a'])).toBe('');
  expect(redrawn(null, ['a'])).toBe(
    '\u001b[?2026h\u001b[?25l\u001b[2J\u001b[1;1Ha\u001b[0m\u001b[K\u001b[?2026l',
  );
});

test('characters that turn the direction of text are made visible', () => {
  expect(printable('gnp\u202eexe\u001b[2J')).toBe('gnp\u{fffd}exe\u{fffd}[2J');
});

test.each([
  ['31.2% (374 of 1200)', 'above 50% for 1m', 0.624],
  ['41% free of /', 'below 5%', 0.122],
  ['0.9s', 'above 1.5s for 5m', 0.6],
  ['440MiB', 'at least 512MiB for 1m', 0.859],
  ['3.1x', 'above 2x for 5m', 1.55],
  ['420ms, 3.1 times the 135ms of 1d ago', 'above 2x for 5m', null],
  ['HTTP 200', '2 failures in a row', null],
  ['12', 'above 0', null],
])('%j is so near to %j: %j', (detail, condition, share) => {
  const level = nearestLevel([aRule({ rule: 'layra/x', detail, levels: [aLevel({ condition })] })]);

  expect(level?.share === null ? null : Number(level?.share?.toFixed(3))).toBe(share);
});

test('a level that fires counts before one that is nearer', () => {
  const rules = [
    aRule({ rule: 'layra/near', detail: '49%', levels: [aLevel({ condition: 'above 50%' })] }),
    aRule({
      rule: 'layra/fires',
      detail: '1%',
      levels: [aLevel({ condition: 'above 0.5%', phase: 'firing' })],
    }),
  ];

  expect(nearestLevel(rules)?.rule.rule).toBe('layra/fires');
  expect(nearestLevel(rules.slice(0, 1))?.rule.rule).toBe('layra/near');
  expect(nearestLevel([])).toBeNull();
});
