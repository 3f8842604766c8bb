import { describe, expect, test } from 'vitest';
import { compareSamples } from '../../src/rehearse/compare-samples.ts';

const returned = [
  { labels: { __name__: 'up', job: 'api', instance: 'a' }, value: 1 },
  { labels: { __name__: 'up', job: 'api', instance: 'b' }, value: 0 },
];

describe('samples of a query', () => {
  test('are compared by the labels that are written', () => {
    expect(
      compareSamples(
        [
          { labels: { instance: 'a' }, value: 1 },
          { labels: { job: 'api' }, value: 0 },
        ],
        returned,
      ),
    ).toEqual([]);
  });

  test('find theirs even where one that says less comes first', () => {
    const both = [
      { labels: {}, value: 1 },
      { labels: { instance: 'a' }, value: 1 },
    ];
    const same = returned.map((one) => ({ ...one, value: 1 }));
    expect(compareSamples(both, same)).toEqual([]);
  });

  test('that are missing or left over are told', () => {
    expect(
      compareSamples(
        [
          { labels: { instance: 'a' }, value: 2 },
          { labels: { instance: 'b' }, value: 0 },
        ],
        returned,
      ),
    ).toEqual(['  expected  {instance="a"} 2', '  got       up{instance="a",job="api"} 1']);
  });

  test('are the same up to rounding, and NaN is NaN', () => {
    expect(compareSamples([{ labels: {}, value: 0.3 }], [{ labels: {}, value: 0.1 + 0.2 }])).toEqual([]);
    expect(compareSamples([{ labels: {}, value: NaN }], [{ labels: {}, value: NaN }])).toEqual([]);
    expect(
      compareSamples([{ labels: {}, value: Infinity }], [{ labels: {}, value: -Infinity }]),
    ).toHaveLength(2);
  });

  test('an empty list expects none', () => {
    expect(compareSamples([], [])).toEqual([]);
    expect(compareSamples([], returned)).toHaveLength(2);
  });
});
