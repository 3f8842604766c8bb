import { describe, expect, test } from 'vitest';
import { maximalOperators, maximalQueryLength, parseQuery } from '../../src/promql/parse.ts';
import { maximalNesting } from '../../src/promql/parse/scan.ts';
import { createMatcher } from '../../src/promql/matcher.ts';
import { printExpression } from '../../src/promql/print.ts';
import { refusal } from './structure.ts';

function operatorsIn(text: string): number {
  return text.match(/==|[-+*^]|\b(?:or|on|group_left|by)\b/g)?.length ?? 0;
}

describe('a query has bounds', () => {
  test('in its length', () => {
    const padding = ' '.repeat(maximalQueryLength - 2);

    expect(refusal(`up${padding}`)).toBe('');
    expect(refusal(`up ${padding}`)).toBe(
      'bad_data: 1:1: parse error: query of 65537 characters, at most 65536',
    );
  });

  test('in its nesting', () => {
    const nested = (depth: number): string => `${'('.repeat(depth)}1${')'.repeat(depth)}`;

    expect(refusal(nested(maximalNesting))).toBe('');
    expect(refusal(nested(maximalNesting + 1))).toBe(
      'bad_data: 1:101: parse error: more than 100 nested parentheses',
    );
    expect(refusal('('.repeat(50_000))).toBe(
      'bad_data: 1:101: parse error: more than 100 nested parentheses',
    );
  });

  test.each(['+', '^', '*', '== bool', 'and', 'or', '- -', '+ on (a) group_left (b)'])(
    'in its operators: chains of %s',
    (operator) => {
      const weight = operator.split(' ').filter((word) => !word.startsWith('(')).length;
      const chain = (length: number): string => `up${` ${operator} up`.repeat(length)}`;
      const longest = Math.floor(maximalOperators / weight);

      expect(printExpression(parseQuery(chain(longest))).length).toBeGreaterThan(longest * 4);
      expect(refusal(chain(longest + 1))).toContain('more than 350 operators and modifiers in one query');
    },
  );

  test.each([
    ['- up == on (a) group_left (b) - topk by (c) (1, ', 58],
    ['- up or (', 100],
    ['topk by (c) (1, up + up + ', 100],
    ['abs(up * up ^ ', 100],
  ])('in all of them at once, within what the grammar reads: %s', (level, depth) => {
    const closing = ')'.repeat(depth);
    const query = `${level.repeat(depth)}up${closing}`;
    const tail = ' or up'.repeat(Math.max(0, maximalOperators - depth * operatorsIn(level)));

    expect(refusal(`${query}${tail}`)).toBe('');
  });

  test.each([',', 'a ', '{}[]()"', ')', '@', ': ', '`', '"\\', '-', '['])(
    'garbage of %j is refused',
    (word) => {
      expect(refusal(word.repeat(9_000))).toContain('bad_data: 1:');
    },
  );
});

describe('regular expressions', () => {
  const matches = (pattern: string, value: string): boolean =>
    createMatcher('label', '=~', pattern).matches(value);

  test.each([
    ['a|b', 'b', true],
    ['a|b', 'ab', false],
    ['a|', '', true],
    ['', '', true],
    ['', 'a', false],
    ['.*', 'x\ny', true],
    ['.+', '', false],
    ['a.*', 'a\nb', true],
    ['a.*', 'ba', false],
    ['a.+', 'a', false],
    ['.*a', 'ba', true],
    ['.+a', 'a', false],
    ['.*a.*', 'bab', true],
    ['.+a.+', 'aab', true],
    ['.+a.+', 'ba', false],
    ['.*ab.+', 'xab', false],
    ['5..', '503', true],
    ['5..', '5031', false],
    ['a.c', 'a\nc', true],
    ['a|bc.', 'bcd', true],
    ['a|bc.', 'ad', false],
    ['^a$', 'a', true],
    ['(?i)APP', 'app', true],
    ['a(?i)b', 'aB', true],
    ['[[:alpha:]]+', 'ab', true],
    [String.raw`\p{Han}+`, '日本', true],
    [String.raw`C:\\.*`, String.raw`C:\x`, true],
    ['Gr..e', 'Größe', true],
    ['.', '😀', true],
  ])('%s and %j: %s', (pattern, value, expected) => {
    expect(matches(pattern, value)).toBe(expected);
    expect(createMatcher('label', '!~', pattern).matches(value)).toBe(!expected);
  });

  test('a catastrophic one takes no longer than any other', () => {
    expect(matches('(a+)+b', 'a'.repeat(5_000))).toBe(false);
    expect(matches('(a|a)*(a|a)*(a|a)*c', 'a'.repeat(5_000))).toBe(false);
  });

  test('one that is too large is refused', () => {
    expect(refusal('up{a=~"((a{100}){100}){100}"}')).toContain(
      'error parsing regexp: invalid repeat count: `{100}`',
    );
    expect(refusal(`up{a=~"(${'a+'.repeat(5_000)})"}`)).toBe(
      'bad_data: 1:4: parse error: regular expression of 10002 characters, at most 8192',
    );
    expect(refusal(String.raw`up{a=~"(\\pL{999}){1,1}\\pN{999}"}`)).toBe('');
    expect(refusal(`up{a=~"${String.raw`[^\\x00]{900}`.repeat(25)}"}`)).toContain(
      'regular expression too large when compiled',
    );
  });

  test('a list of many literals is not', () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `host-${String(index)}`);

    expect(matches(names.join('|'), 'host-4999')).toBe(true);
    expect(matches(names.join('|'), 'host-5000')).toBe(false);
  });
});
