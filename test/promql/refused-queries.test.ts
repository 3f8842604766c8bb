import { describe, expect, test } from 'vitest';
import { parseQuery } from '../../src/promql/parse.ts';
import { QueryError } from '../../src/promql/query-error.ts';
import { refusal } from './structure.ts';

const cases: Readonly<Record<string, readonly (readonly [query: string, message: string])[]>> = {
  'what is no word': [
    ['up & up', "1:4: parse error: unexpected character: '&'"],
    ['up\n  ; x', "2:3: parse error: unexpected character: ';'"],
    ['日本', "1:1: parse error: unexpected character: '日'"],
    ['"日本" & 1', "1:6: parse error: unexpected character: '&'"],
    ['\u0000', "1:1: parse error: unexpected character: '\\x00'"],
    ['\ud800', '1:1: parse error: invalid UTF-8 rune'],
    ['up =~ 1', "1:4: parse error: unexpected character after '=': '~'"],
    ['!up', "1:1: parse error: unexpected character after '!': 'u'"],
    ['up !', "1:4: parse error: unexpected character after '!': '\uFFFD'"],
    ['up{a!"b"}', "1:5: parse error: unexpected character after '!' inside braces: '\"'"],
    ['up{$="b"}', "1:4: parse error: unexpected character inside braces: '$'"],
    ['up{a="b"{', "1:9: parse error: unexpected left brace '{'"],
    ['up]', "1:3: parse error: unexpected right bracket ']'"],
    ['up[[5m]]', "1:4: parse error: unexpected left bracket '['"],
    ['up[5m:1m:1m]', "1:9: parse error: unexpected colon ':'"],
    ['up[step()]', "1:4: parse error: unexpected character in duration expression: 's'"],
    ["up['5m']", "1:4: parse error: unexpected character in duration expression: '\\''"],
  ],
  'what is left open': [
    ['(up', '1:4: parse error: unclosed left parenthesis'],
    ['up)', "1:4: parse error: unexpected right parenthesis ')'"],
    ['up[5m', '1:6: parse error: unclosed left bracket'],
    ['up{', '1:4: parse error: unexpected end of input inside braces'],
    ['"up', '1:1: parse error: unterminated quoted string'],
    ['`up', '1:1: parse error: unterminated raw string'],
    ['"a\nb"', '1:1: parse error: unterminated quoted string'],
  ],
  'escapes in strings': [
    [String.raw`"\q"`, "1:1: parse error: unknown escape sequence U+0071 'q'"],
    [String.raw`"\'"`, "1:1: parse error: unknown escape sequence U+0027 '''"],
    [String.raw`"\xZZ"`, "1:1: parse error: illegal character U+005A 'Z' in escape sequence"],
    [String.raw`"\18"`, "1:1: parse error: illegal character U+0038 '8' in escape sequence"],
    [String.raw`"\400"`, '1:1: parse error: escape sequence is an invalid Unicode code point'],
    [String.raw`"\ud800"`, '1:1: parse error: escape sequence is an invalid Unicode code point'],
    [String.raw`"\U00110000"`, '1:1: parse error: escape sequence is an invalid Unicode code point'],
    ['"\\x4', '1:1: parse error: escape sequence not terminated'],
  ],
  'numbers and durations': [
    ['1..2', '1:1: parse error: bad number or duration syntax: "1.."'],
    ['1__0', '1:1: parse error: bad number or duration syntax: "1__"'],
    ['1e', '1:1: parse error: bad number or duration syntax: "1e"'],
    ['5mm', '1:1: parse error: bad number or duration syntax: "5mm"'],
    ['0x1.8', '1:1: parse error: bad number or duration syntax: "0x1."'],
    ['0x', '1:1: parse error: error parsing number: strconv.ParseFloat: parsing "0x": invalid syntax'],
    [
      '1e309',
      '1:1: parse error: error parsing number: strconv.ParseFloat: parsing "1e309": value out of range',
    ],
    ['30s1h', '1:1: parse error: not a valid duration string: "30s1h"'],
    ['1m1m', '1:1: parse error: not a valid duration string: "1m1m"'],
    ['1.5h', '1:1: parse error: unknown unit "." in duration "1.5h"'],
    ['9999y', '1:1: parse error: duration out of range'],
    ['up[1e12]', '1:4: parse error: duration out of range'],
    ['up[0s]', '1:4: parse error: duration must be greater than 0'],
    ['up[-5m]', '1:4: parse error: duration must be greater than 0'],
    ['up[5m:0]', '1:7: parse error: duration must be greater than 0'],
  ],
  'words in the wrong place': [
    ['', '1:1: parse error: no expression found in input'],
    [' # nothing', '1:1: parse error: no expression found in input'],
    ['1 2', '1:3: parse error: unexpected number "2"'],
    ['up up', '1:4: parse error: unexpected identifier "up"'],
    ['up a:b', '1:4: parse error: unexpected metric identifier "a:b"'],
    ['up "a very long text"', '1:4: parse error: unexpected string "\\"a very lo"...'],
    ['up 5m', '1:4: parse error: unexpected duration "5m"'],
    ['up sum', '1:4: parse error: unexpected <aggr:sum>'],
    ['2 ^', '1:4: parse error: unexpected end of input'],
    ['3 * * 2', '1:5: parse error: unexpected <op:*>'],
    ['up = 1', '1:4: parse error: unexpected "="'],
    ['up, down', '1:3: parse error: unexpected ","'],
    ['up bool == 1', '1:4: parse error: unexpected <bool>'],
    ['up + group_left up', '1:6: parse error: unexpected <group_left>'],
    ['a:b(up)', '1:4: parse error: unexpected "("'],
    ['sum(up,)', '1:8: parse error: unexpected ")"'],
  ],
  'words where another was expected': [
    ['up{job}', '1:7: parse error: unexpected "}" in label matching, expected label matching operator'],
    ['up{job=}', '1:8: parse error: unexpected "}" in label matching, expected string'],
    ['up{,}', '1:4: parse error: unexpected "," in label matching, expected identifier or "}"'],
    [
      'up{a="b" c="d"}',
      '1:10: parse error: unexpected identifier "c" in label matching, expected "," or "}"',
    ],
    [
      'up offset foo',
      '1:11: parse error: unexpected identifier "foo" in offset, expected number or duration',
    ],
    ['up offset -', '1:12: parse error: unexpected end of input in offset, expected number or duration'],
    ['up @ foo', '1:6: parse error: unexpected identifier "foo" in @, expected timestamp'],
    ['up @ start', '1:11: parse error: unexpected end of input in @, expected timestamp'],
    ['up[]', '1:4: parse error: unexpected "]" in subquery selector, expected number or duration'],
    ['up[5m 1m]', '1:7: parse error: unexpected duration "1m" in subquery or range, expected ":" or "]"'],
    ['up[5m:1m 1m]', '1:10: parse error: unexpected duration "1m" in subquery selector, expected "]"'],
    ['sum by job (up)', '1:8: parse error: unexpected identifier "job" in grouping opts, expected "("'],
    ['sum by (1) (up)', '1:9: parse error: unexpected number "1" in grouping opts, expected label'],
    [
      'sum by (a b) (up)',
      '1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"',
    ],
    ['up + on(a b) up', '1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"'],
    ['sum by (a)', '1:11: parse error: unexpected end of input in aggregation'],
  ],
  modifiers: [
    [
      'sum(up) offset 5m',
      '1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    [
      '(up) @ 1',
      '1:1: parse error: @ modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    ['up offset 1m offset 1m', '1:1: parse error: offset may not be set multiple times'],
    ['up @ 1 @ 2', '1:1: parse error: @ <timestamp> may not be set multiple times'],
    ['up @ NaN', '1:1: parse error: timestamp out of bounds for @ modifier: NaN'],
    ['up @ -Inf', '1:1: parse error: timestamp out of bounds for @ modifier: -Inf'],
    ['(up)[5m]', '1:5: parse error: ranges only allowed for vector selectors'],
    ['up offset 1m [5m]', '1:14: parse error: no offset modifiers allowed before range'],
    ['up @ 1 [5m]', '1:8: parse error: no @ modifiers allowed before range'],
    ['1[5m:1m]', '1:1: parse error: subquery is only allowed on instant vector, got scalar instead'],
    ['up[5m:1m][5m:1m]', '1:1: parse error: subquery is only allowed on instant vector, got matrix instead'],
  ],
  selectors: [
    ['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
    [
      '1 + {a=~".*", b!="c", d!~".+"}',
      '1:5: parse error: vector selector must contain at least one non-empty matcher',
    ],
    ['up{__name__="other"}', '1:1: parse error: metric name must not be set twice: "up" or "other"'],
    ['up{"other"}', '1:1: parse error: metric name must not be set twice: "up" or "other"'],
    ['up{a=~"("}', '1:4: parse error: error parsing regexp: missing closing ): `(`'],
    [
      'up{a="b", c!~"a(?=b)"}',
      '1:11: parse error: error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
    ],
  ],
  calls: [
    ['nope(up)', '1:1: parse error: unknown function with name "nope"'],
    ['Rate(up[5m])', '1:1: parse error: unknown function with name "Rate"'],
    ['constructor(up)', '1:1: parse error: unknown function with name "constructor"'],
    [
      'rate(up)',
      '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
    ['rate()', '1:1: parse error: expected 1 argument(s) in call to "rate", got 0'],
    ['time(1)', '1:1: parse error: expected 0 argument(s) in call to "time", got 1'],
    ['round(up, 1, 2)', '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'],
    ['round()', '1:1: parse error: expected at least 1 argument(s) in call to "round", got 0'],
    ['label_join(up)', '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 1'],
    [
      'label_join(up, "a", ",", 1)',
      '1:26: parse error: expected type string in call to function "label_join", got scalar',
    ],
    ['hour(1)', '1:6: parse error: expected type instant vector in call to function "hour", got scalar'],
    [
      'abs(rate(up))',
      '1:10: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
  ],
  aggregations: [
    ['sum()', '1:1: parse error: no arguments for aggregate expression provided'],
    [
      'sum(1, up)',
      '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2',
    ],
    [
      'topk(up)',
      '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1',
    ],
    [
      'sum(up[5m])',
      '1:5: parse error: expected type instant vector in aggregation expression, got range vector',
    ],
    ['topk("a", up)', '1:6: parse error: expected type scalar in aggregation parameter, got string'],
    ['count_values(1, up)', '1:14: parse error: expected type string in aggregation parameter, got scalar'],
  ],
  operators: [
    ['1 == 2', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
    ['up + bool 1', '1:4: parse error: bool modifier can only be used on comparison operators'],
    ['1 + "a"', '1:5: parse error: binary expression must contain only scalar and instant vector types'],
    ['up and 1', '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
    ['up + on(a) 1', '1:1: parse error: vector matching only allowed between instant vectors'],
    ['up or on(a) group_left up', '1:1: parse error: no grouping allowed for "or" operation'],
    [
      'a + on(x) group_left(x) b',
      '1:3: parse error: label "x" must not occur in ON and GROUP clause at once',
    ],
    [
      '-"a"',
      '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
    ],
    [
      '-up[5m]',
      '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "range vector"',
    ],
  ],
  'what Prometheus only knows behind a flag, and native histograms': [
    ['info(up)', '1:1: parse error: experimental function "info" is not supported'],
    ['mad_over_time(up[5m])', '1:1: parse error: experimental function "mad_over_time" is not supported'],
    ['limitk(2, up)', '1:1: parse error: experimental aggregation "limitk" is not supported'],
    ['LIMIT_RATIO(0.5, up)', '1:1: parse error: experimental aggregation "limit_ratio" is not supported'],
    ['up[5m * 2]', '1:4: parse error: experimental duration expressions are not supported'],
    ['up offset (5m)', '1:11: parse error: experimental duration expressions are not supported'],
    ['up + fill(0) up', '1:6: parse error: experimental syntax "fill" is not supported'],
    ['up + on(a) fill_left(0) up', '1:12: parse error: experimental syntax "fill_left" is not supported'],
    ['fill(0)', '1:1: parse error: unknown function with name "fill"'],
    ['rate(up[5m] smoothed)', '1:13: parse error: experimental syntax "smoothed" is not supported'],
    [
      'histogram_count(up)',
      '1:1: parse error: function "histogram_count" is not supported: it is about native histograms',
    ],
  ],
};

describe.each(Object.entries(cases))('%s', (_, refused) => {
  test.each(refused)('%j is refused', (query, message) => {
    expect(refusal(query)).toBe(`bad_data: ${message}`);
  });
});

test('the error says where the fault is', () => {
  const query = 'sum(up) / rate(up)';
  const caught = ((): unknown => {
    try {
      return parseQuery(query);
    } catch (error) {
      return error;
    }
  })();

  expect(caught).toBeInstanceOf(QueryError);
  expect((caught as QueryError).span).toEqual({ from: 15, to: 17 });
});
