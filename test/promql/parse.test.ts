import { describe, expect, test } from 'vitest';
import { parseQuery } from '../../src/promql/parse.ts';
import { structure } from './structure.ts';

describe('precedence', () => {
  test.each([
    ['a + b offset 5m', '[{__name__=a} + {__name__=b}~300000]'],
    ['a offset 5m or b offset 10m', '[{__name__=a}~300000 or {__name__=b}~600000]'],
    ['a + b @ 10', '[{__name__=a} + {__name__=b}@10000]'],
    ['-a offset 1m', '[- {__name__=a}~60000]'],
    ['a * -b @ end() offset 1m', '[{__name__=a} * [- {__name__=b}@end~60000]]'],
    ['a - rate(b[5m]) * c', '[{__name__=a} - [rate({__name__=b}[300000]) * {__name__=c}]]'],
  ])('a modifier binds tighter than any operator: %s', (query, expected) => {
    expect(structure(query)).toBe(expected);
  });

  test('a range binds tighter than an operator, whose left side is then no vector of instants', () => {
    expect(() => structure('a + b[5m]')).toThrow(
      '1:5: parse error: binary expression must contain only scalar and instant vector types',
    );
    expect(structure('a + sum_over_time(b[5m:1m])')).toBe(
      '[{__name__=a} + sum_over_time({__name__=b}[300000:60000])]',
    );
  });

  test.each([
    ['-1 ^ 2', '[- [1 ^ 2]]'],
    ['(-1) ^ 2', '[(-1) ^ 2]'],
    ['2 ^ -1', '[2 ^ -1]'],
    ['2 ^ -1 ^ 2', '[2 ^ [- [1 ^ 2]]]'],
    ['-a ^ 2', '[- [{__name__=a} ^ 2]]'],
    ['-2 * 3', '[-2 * 3]'],
    ['--1', '1'],
    ['1 - -1', '[1 - -1]'],
    ['+5m', '300'],
  ])('a sign binds weaker than a power: %s', (query, expected) => {
    expect(structure(query)).toBe(expected);
  });

  test.each([
    ['1 - 2 - 3', '[[1 - 2] - 3]'],
    ['2 ^ 3 ^ 2', '[2 ^ [3 ^ 2]]'],
    ['1 + 2 * 3', '[1 + [2 * 3]]'],
    ['2 * 3 % 4 atan2 5 / 6', '[[[[2 * 3] % 4] atan2 5] / 6]'],
    ['a == b + 1', '[{__name__=a} == [{__name__=b} + 1]]'],
    ['a or b and c unless d', '[{__name__=a} or [[{__name__=b} and {__name__=c}] unless {__name__=d}]]'],
    ['a and b == c', '[{__name__=a} and [{__name__=b} == {__name__=c}]]'],
    ['A AnD b', '[{__name__=A} and {__name__=b}]'],
  ])('operators bind as in Prometheus: %s', (query, expected) => {
    expect(structure(query)).toBe(expected);
  });
});

describe('numbers and durations', () => {
  test.each([
    ['1.', '1'],
    ['1./6.', '[1 / 6]'],
    ['.5', '0.5'],
    ['1e3', '1000'],
    ['1E+3', '1000'],
    ['0x1F', '31'],
    ['017', '15'],
    ['08', '8'],
    ['1_000.5_0', '1000.5'],
    ['9223372036854775808', '9223372036854776000'],
    ['Inf', 'Infinity'],
    ['-iNf', '-Infinity'],
    ['nan', 'NaN'],
    ['-0', '-0'],
    ['5m', '300'],
    ['1w2d3h4m5s6ms', '788645.006'],
    ['1y', '31536000'],
  ])('%s is %s', (query, expected) => {
    expect(structure(query)).toBe(expected);
  });

  test('a range, a step and an offset may be written in seconds', () => {
    expect(structure('max_over_time(up[300:0.5] offset -1.5)')).toBe(
      'max_over_time({__name__=up}[300000:500]~-1500)',
    );
    expect(structure('up offset 1h30m')).toBe('{__name__=up}~5400000');
  });

  test('the time behind @ is in seconds, and may be negative', () => {
    expect(structure('up @ 1767614400.1236')).toBe('{__name__=up}@1767614400124');
    expect(structure('up @ -1.5')).toBe('{__name__=up}@-1500');
    expect(structure('rate(up[1m] @ start())')).toBe('rate({__name__=up}[60000]@start)');
    expect(structure('up offset 1m @ END()')).toBe('{__name__=up}@end~60000');
  });
});

describe('strings', () => {
  test.each([
    [String.raw`"a\n\t\\\"b"`, 'a\n\t\\"b'],
    [String.raw`'it\'s "so"'`, 'it\'s "so"'],
    ['`raw \\n "q"`', 'raw \\n "q"'],
    [String.raw`"\x41\101\u00e9\U0001F600"`, 'AAé😀'],
    [String.raw`"Gr\xc3\xb6\xc3\x9fe"`, 'Größe'],
    [String.raw`"\xff"`, '\uFFFD'],
    ['"日本 😀"', '日本 😀'],
  ])('%s', (query, expected) => {
    expect(parseQuery(query)).toMatchObject({ kind: 'string', value: expected });
  });
});

describe('selectors', () => {
  test.each([
    ['up', '{__name__=up}'],
    ['up{}', '{__name__=up}'],
    ['up{a="b",}', '{__name__=up,a=b}'],
    ['{a="b", __name__="up"}', '{__name__=up,a=b}'],
    ['{"my.metric", a!="b"}', '{__name__=my.metric,a!=b}'],
    ['{"quoted label"=~"b+"}', '{quoted label=~b+}'],
    ['{"up", "down"}', '{__name__=up,__name__=down}'],
    ['job:up:sum', '{__name__=job:up:sum}'],
    [':up', '{__name__=:up}'],
    [
      'up{by="1", on="2", offset="3", sum="4", bool="5", inf="6"}',
      '{__name__=up,by=1,on=2,offset=3,sum=4,bool=5,inf=6}',
    ],
    ['sum', '{__name__=sum}'],
    ['rate', '{__name__=rate}'],
    ['start + end', '[{__name__=start} + {__name__=end}]'],
    ['fill + anchored', '[{__name__=fill} + {__name__=anchored}]'],
    ['or or and', '[{__name__=or} or {__name__=and}]'],
    ['up{a="#"} # } comment', '{__name__=up,a=#}'],
  ])('%s', (query, expected) => {
    expect(structure(query)).toBe(expected);
  });

  test('the name is known only where it stands before the braces', () => {
    expect(parseQuery('up{a="b"}')).toMatchObject({ name: 'up' });
    expect(parseQuery('{"up"}')).toMatchObject({ name: null });
    expect(parseQuery('{__name__="up"}')).toMatchObject({ name: null });
  });
});

describe('aggregations and calls', () => {
  test.each([
    ['sum(up)', 'sum by[]({__name__=up})'],
    ['SUM by (a, on, "my.label") (up)', 'sum by[a,on,my.label]({__name__=up})'],
    ['sum(up) without (a,)', 'sum without[a]({__name__=up})'],
    ['sum(up) by (a) and up', '[sum by[a]({__name__=up}) and {__name__=up}]'],
    ['sum(up) without () or sum by (b) (up)', '[sum without[]({__name__=up}) or sum by[b]({__name__=up})]'],
    ['topk by (a) (3, up)', 'topk by[a](3, {__name__=up})'],
    ['count_values("v", up)', 'count_values by[]("v", {__name__=up})'],
    ['quantile(0.9, sum by (a) (up))', 'quantile by[](0.9, sum by[a]({__name__=up}))'],
    ['time()', 'time()'],
    ['round(up)', 'round({__name__=up})'],
    ['round(up, 5)', 'round({__name__=up}, 5)'],
    ['label_join(up, "a", ",")', 'label_join({__name__=up}, "a", ",")'],
    ['label_join(up, "a", ",", "b", "c")', 'label_join({__name__=up}, "a", ",", "b", "c")'],
  ])('%s', (query, expected) => {
    expect(structure(query)).toBe(expected);
  });
});

describe('matching', () => {
  test.each([
    ['a + b', { mode: 'ignoring', labels: [], cardinality: 'one-to-one', include: [] }],
    ['a and b', { mode: 'ignoring', labels: [], cardinality: 'many-to-many', include: [] }],
    ['a or on () b', { mode: 'on', labels: [], cardinality: 'many-to-many', include: [] }],
    [
      'a + ignoring (x) group_left b',
      { mode: 'ignoring', labels: ['x'], cardinality: 'many-to-one', include: [] },
    ],
    [
      'a + ON (x, by) GROUP_RIGHT (y) b',
      { mode: 'on', labels: ['x', 'by'], cardinality: 'one-to-many', include: ['y'] },
    ],
    ['a + 1', null],
    ['1 + on () 2', null],
  ])('%s', (query, matching) => {
    expect(parseQuery(query)).toMatchObject({ matching });
  });

  test('bool is kept beside how elements are matched', () => {
    expect(parseQuery('a > bool on (x) b')).toMatchObject({ bool: true, matching: { labels: ['x'] } });
    expect(parseQuery('1 > bool 2')).toMatchObject({ bool: true, matching: null });
    expect(parseQuery('a > 2')).toMatchObject({ bool: false });
  });
});

test('every part knows where it is written', () => {
  const query = ' sum by (a) (rate(x[5m] offset 1m))\n  / - y';
  const written = (span: { from: number; to: number }): string => query.slice(span.from, span.to);
  const whole = parseQuery(query);

  expect(written(whole.span)).toBe(query.trim());
  if (whole.kind !== 'binary' || whole.left.kind !== 'aggregation') throw new Error('not as written');
  expect(written(whole.operatorSpan)).toBe('/');
  expect(written(whole.left.span)).toBe('sum by (a) (rate(x[5m] offset 1m))');
  expect(written(whole.left.expression.span)).toBe('rate(x[5m] offset 1m)');
  expect(written(whole.right.span)).toBe('- y');
});
