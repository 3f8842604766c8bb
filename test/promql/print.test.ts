import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseQuery } from '../../src/promql/parse.ts';
import { printExpression, printMs } from '../../src/promql/print.ts';
import { withoutSpans } from './structure.ts';

test.each([
  ["  sum( rate(x{ a='b' , }[ 60s ]) )by( job )", 'sum by (job) (rate(x{a="b"}[1m]))'],
  ['sum(x)', 'sum(x)'],
  ['sum without () (x)', 'sum without () (x)'],
  ['TOPK(3, x)', 'topk(3, x)'],
  ['1_000 + 0x10 + 1e21 + .5', '1000 + 16 + 1000000000000000000000 + 0.5'],
  ['-Inf * +5m', '-Inf * 300'],
  ['x @ 1e3 offset 90m', 'x @ 1000 offset 1h30m'],
  ['x OFFSET -1d @ END()', 'x @ end() offset -1d'],
  ['x[5m] @ start()', 'x[5m] @ start()'],
  ['x[1h:] offset 1m', 'x[1h:] offset 1m'],
  ['x[1h:500ms]', 'x[1h:500ms]'],
  ['{"my metric"}', '{__name__="my metric"}'],
  ['{"a b"="c"}', '{"a b"="c"}'],
  ['x{a=~"\\\\d+\\n\\"", b=`\t`}', String.raw`x{a=~"\\d+\n\"", b="\t"}`],
  ['a+ignoring()b', 'a + b'],
  ['a and on()b', 'a and on () b'],
  ['a==bool on(x,"y z")group_left b', 'a == bool on (x, "y z") group_left () b'],
  ['a * ignoring (x) group_right (y) b', 'a * ignoring (x) group_right (y) b'],
  ['-(a) ^ -1', '-(a) ^ -1'],
  ['a + -Inf ^ +Inf', 'a + -Inf ^ Inf'],
])('the normal form of %s', (query, expected) => {
  expect(printExpression(parseQuery(query))).toBe(expected);
});

test.each([
  [0, '0s'],
  [1, '1ms'],
  [90_000, '1m30s'],
  [-5_400_000, '-1h30m'],
  [14 * 86_400_000, '2w'],
  [10 * 86_400_000, '10d'],
  [365 * 86_400_000, '1y'],
  [366 * 86_400_000, '366d'],
])('%i ms are %s', (ms, expected) => {
  expect(printMs(ms)).toBe(expected);
});

const label = fc.constantFrom('job', 'by', 'on', 'offset', 'inf', 'my.label', 'ü');
const duration = fc.constantFrom('5m', '1h30m', '90', '0.5', '1w');

/** Queries of instant vectors, in any writing. */
const vectors = fc.letrec<{ vector: string; scalar: string; selector: string; labels: string }>((tie) => ({
  labels: fc
    .uniqueArray(label, { maxLength: 3 })
    .map((labels) => `(${labels.map((each) => JSON.stringify(each)).join(', ')})`),
  selector: fc
    .record({
      name: fc.constantFrom('up', 'sum', 'a:b', 'start', 'or'),
      label,
      operator: fc.constantFrom('=', '!='),
      value: fc.string({ unit: 'grapheme' }),
      shift: fc.constantFrom('', ' offset 5m', ' @ 10.5 offset -1h', ' offset 1s @ end()'),
    })
    .map(({ name, label: named, operator, value, shift }) => {
      return `${name}{${JSON.stringify(named)}${operator}${goString(value)}}${shift}`;
    }),
  scalar: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.constantFrom('time()', '-1', 'NaN', '-Inf', '0x1f', '2 ^ -1'),
  ),
  vector: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('selector'),
    fc.tuple(tie('vector')).map(([inner]) => `(${inner})`),
    fc.tuple(fc.constantFrom('-', '+', '- -'), tie('vector')).map(([sign, inner]) => `${sign} ${inner}`),
    fc
      .tuple(fc.constantFrom('+', '-', '*', '/', '^', 'atan2', '> bool', '=='), tie('vector'), tie('scalar'))
      .map(([operator, left, right]) => `${left} ${operator} ${right}`),
    fc
      .tuple(fc.constantFrom('+', '%', '^', '<', '!= bool'), tie('vector'), tie('labels'), tie('vector'))
      .map(([operator, left, labels, right]) => `(${left}) ${operator} ignoring ${labels} (${right})`),
    fc
      .tuple(fc.constantFrom('and', 'or', 'unless'), tie('vector'), tie('vector'))
      .map(([operator, left, right]) => `${left} ${operator} ${right}`),
    fc
      .tuple(
        fc.constantFrom('sum', 'count', 'topk'),
        fc.constantFrom('by', 'without'),
        tie('labels'),
        tie('vector'),
      )
      .map(
        ([aggregator, by, labels, inner]) =>
          `${aggregator}(${aggregator === 'topk' ? '2, ' : ''}${inner}) ${by} ${labels}`,
      ),
    fc
      .tuple(tie('vector'), duration, fc.constantFrom('', '1m'))
      .map(([inner, range, step]) => `rate((${inner})[${range}:${step}])`),
    fc.tuple(duration).map(([range]) => `rate(up[${range}])`),
  ),
}));

test('reading a normal form again gives the same expression', () => {
  fc.assert(
    fc.property(vectors.vector, (query) => {
      const expression = parseQuery(query);
      const printed = printExpression(expression);
      expect(withoutSpans(parseQuery(printed))).toEqual(withoutSpans(expression));
    }),
    { numRuns: 300 },
  );
});

test('no text makes reading it fail in any other way than with a place', () => {
  const words = fc.constantFrom(
    ...'up ( ) { } [ ] , : = =~ "a" 5m 1 - ^ or by on sum rate offset @ start bool # \\ é'.split(' '),
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 30 }), fc.string({ unit: 'binary' }), (some, noise) => {
      for (const query of [some.join(' '), some.join(''), noise]) {
        try {
          parseQuery(query);
        } catch (error) {
          expect(error).toMatchObject({ name: 'QueryError', type: 'bad_data' });
          const { span } = error as { span: { from: number; to: number } };
          expect(span.from).toBeGreaterThanOrEqual(0);
          expect(span.to).toBeLessThanOrEqual(query.length);
        }
      }
    }),
    { numRuns: 500 },
  );
});

/** As Go writes a string, for any text without lone surrogates. */
function goString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(String.raw`\/`, '/');
}
