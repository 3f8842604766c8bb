import { describe, expect, test } from 'vitest';
import { at, minutely, over } from './asked.ts';

const store = minutely({
  'requests{job="a", code="200"}': '90',
  'requests{job="a", code="500"}': '10',
  'requests{job="b", code="200"}': '50',
  'limit{job="a"}': '60',
  'limit{job="b"}': '60',
  'quota{job="a"}': '100',
  'owner{job="a", team="red"}': '1',
});

describe('vectors meet', () => {
  test.each([
    [
      'sum by (job) (requests) / on (job) limit',
      ['{job="a"} 1.6666666666666667', '{job="b"} 0.8333333333333334'],
    ],
    ['requests > ignoring (code) group_left limit', ['requests{code="200", job="a"} 90']],
    ['limit < ignoring (code) group_right requests', ['requests{code="200", job="a"} 60']],
    [
      'requests * on (job) group_left (team) owner',
      ['{code="200", job="a", team="red"} 90', '{code="500", job="a", team="red"} 10'],
    ],
    ['limit and on (job) owner', ['limit{job="a"} 60']],
    ['limit unless on (job) owner', ['limit{job="b"} 60']],
    ['owner or on (job) limit', ['limit{job="b"} 60', 'owner{job="a", team="red"} 1']],
    ['limit == bool 60', ['{job="a"} 1', '{job="b"} 1']],
    ['50 < requests', ['requests{code="200", job="a"} 90']],
    ['requests > on (job) limit', ['{job="a"} 90']],
    ['owner * on (job) limit', ['{job="a"} 60']],
    ['-limit', ['{job="a"} -60', '{job="b"} -60']],
  ])('%s', (query, answer) => {
    expect(at(store, 0, query)).toEqual(answer);
  });

  test.each([
    [
      'requests / on (job) limit',
      'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
    ],
    [
      'limit / on (job) requests',
      'found duplicate series for the match group {job="a"} on the right hand-side of the operation: [{__name__="requests", code="500", job="a"}, {__name__="requests", code="200", job="a"}];many-to-many matching not allowed: matching labels must be unique on one side',
    ],
    [
      'limit * on (job) group_left (nope) (owner or requests)',
      'found duplicate series for the match group {job="a"} on the right hand-side of the operation: [{__name__="requests", code="200", job="a"}, {__name__="owner", job="a", team="red"}];many-to-many matching not allowed: matching labels must be unique on one side',
    ],
    [
      'requests * on (job) group_left (code) limit',
      'multiple matches for labels: grouping labels must ensure unique matches',
    ],
    ['-{__name__=~"limit|quota"}', 'vector cannot contain metrics with the same labelset'],
    ['label_replace(limit, "job", "x", "", "")', 'vector cannot contain metrics with the same labelset'],
  ])('%s fails', (query, message) => {
    expect(at(store, 0, query)).toEqual([`execution: ${message}`]);
  });

  test('duplicates on one side do not matter where the other side is empty', () => {
    expect(at(store, 0, 'nothing / on (job) requests')).toEqual([]);
  });

  test('series that follow one another under the same key are matched one after the other', () => {
    const released = minutely({
      'cpu{host="a"}': '1 2 3 4',
      'build{host="a", version="1"}': '1 1 stale',
      'build{host="a", version="2"}': '_ _ 1 1',
    });

    expect(over(released, { from: 0, to: 3, step: 1 }, 'cpu * on (host) group_left (version) build')).toEqual(
      ['{host="a", version="1"} 1@0 2@1', '{host="a", version="2"} 3@2 4@3'],
    );
    expect(over(released, { from: 0, to: 3, step: 1 }, 'cpu * on (host) build')).toEqual([
      '{host="a"} 1@0 2@1 3@2 4@3',
    ]);
  });

  test('results with the same labels become one series if they never meet; of opposites, or if they meet, they are an error', () => {
    const renamed = minutely({ old_errors: '1 stale', new_errors: '_ 2' });
    expect(over(renamed, { from: 0, to: 1, step: 1 }, '{__name__=~"old_errors|new_errors"} * 2')).toEqual([
      '{} 2@0 4@1',
    ]);

    const opposites = '-{__name__=~"old_errors|new_errors"}';
    expect(over(renamed, { from: 0, to: 1, step: 1 }, opposites)).toEqual([
      'execution: vector cannot contain metrics with the same labelset',
    ]);

    const both = minutely({ old_errors: '1 1', new_errors: '_ 2' });
    expect(over(both, { from: 0, to: 1, step: 1 }, '{__name__=~"old_errors|new_errors"} * 2')).toEqual([
      'execution: vector cannot contain metrics with the same labelset',
    ]);
  });
});

describe('groups', () => {
  test.each([
    ['sum(requests)', ['{} 150']],
    ['avg by (job) (requests)', ['{job="a"} 50', '{job="b"} 50']],
    ['count without (code) (requests)', ['{job="a"} 2', '{job="b"} 1']],
    ['topk(1, requests) by (job)', ['requests{code="200", job="a"} 90', 'requests{code="200", job="b"} 50']],
    ['bottomk(2, requests)', ['requests{code="500", job="a"} 10', 'requests{code="200", job="b"} 50']],
    ['sum without (code) ({__name__=~"limit|quota"})', ['{job="a"} 160', '{job="b"} 60']],
    ['quantile(0.5, requests)', ['{} 50']],
    ['count_values("value", limit)', ['{value="60"} 2']],
    ['stddev(requests)', ['{} 32.65986323710904']],
    ['group by (nope) (requests)', ['{} 1']],
    ['sum by (job) (nothing)', []],
  ])('%s', (query, answer) => {
    expect(at(store, 0, query)).toEqual(answer);
  });

  test.each([
    ['topk(NaN, limit)', 'execution: Scalar value NaN overflows int64'],
    ['bottomk(Inf, limit)', 'execution: Scalar value +Inf overflows int64'],
    ['count_values("", limit)', 'execution: invalid label name ""'],
  ])('%s fails', (query, message) => {
    expect(at(store, 0, query)).toEqual([message]);
  });

  test('small terms survive between large ones', () => {
    const large = minutely({ 'x{i="1"}': '1e100', 'x{i="2"}': '1', 'x{i="3"}': '-1e100' });
    expect(at(large, 0, 'sum(x)')).toEqual(['{} 1']);
  });

  test('a mean does not overflow where the sum would', () => {
    const large = minutely({ 'x{i="1"}': '1e308', 'x{i="2"}': '5e307', 'x{i="3"}': '1.5e308' });
    expect(at(large, 0, 'avg(x)')).toEqual(['{} 1e+308']);
  });

  test('a value that is no number is the least wanted, and a number takes its place', () => {
    const odd = minutely({ 'x{i="1"}': 'NaN', 'x{i="2"}': '2' });
    expect(at(odd, 0, 'max(x)')).toEqual(['{} 2']);
    expect(at(odd, 0, 'topk(1, x)')).toEqual(['x{i="2"} 2']);
    expect(at(odd, 0, 'bottomk(1, x)')).toEqual(['x{i="2"} 2']);
    expect(at(odd, 0, 'count(x)')).toEqual(['{} 2']);
  });

  test('the number of topk may change from step to step', () => {
    const rising = minutely({ 'x{i="1"}': '1 1', 'x{i="2"}': '2 2', k: '1 2' });
    expect(over(rising, { from: 0, to: 1, step: 1 }, 'topk(scalar(k), x)')).toEqual([
      'x{i="1"} 1@1',
      'x{i="2"} 2@0 2@1',
    ]);
  });
});

describe('labels', () => {
  test.each([
    [
      'label_replace(owner, "who", "$1-$team-${1}x$$", "team", "(r).*")',
      ['owner{job="a", team="red", who="r--rx$"} 1'],
    ],
    ['label_replace(owner, "who", "$t", "team", "(?P<t>r).*")', ['owner{job="a", team="red", who="r"} 1']],
    ['label_replace(owner, "who", "x", "team", "r")', ['owner{job="a", team="red"} 1']],
    ['label_replace(owner, "team", "", "job", "a")', ['owner{job="a"} 1']],
    [
      'label_join(owner, "both", "/", "job", "team", "nope")',
      ['owner{both="a/red/", job="a", team="red"} 1'],
    ],
    ['absent(nothing{job="a", zone=~"x", pod="1", pod="2"})', ['{job="a"} 1']],
    ['absent(limit)', []],
    ['absent_over_time(nothing{job="a"}[5m])', ['{job="a"} 1']],
    ['absent(sum(nothing))', ['{} 1']],
  ])('%s', (query, answer) => {
    expect(at(store, 0, query)).toEqual(answer);
  });

  test('what is absent for a while is absent at those steps only', () => {
    const gone = minutely({ up: '1 stale _ 1' });
    expect(over(gone, { from: 0, to: 4, step: 1 }, 'absent(up)')).toEqual(['{} 1@1 1@2']);
    expect(over(gone, { from: 0, to: 4, step: 1 }, 'absent_over_time(up[2m])')).toEqual(['{} 1@2']);
  });
});

describe('histograms', () => {
  const buckets = minutely({
    'a_bucket{le="1"}': '5',
    'a_bucket{le="2"}': '10',
    'a_bucket{le="+Inf"}': '10',
    'b_bucket{le="1"}': '0',
    'b_bucket{le="+Inf"}': '0',
  });

  test.each([
    ['histogram_quantile(0.5, a_bucket)', ['{} 1']],
    ['histogram_quantile(0.75, a_bucket)', ['{} 1.5']],
    ['histogram_quantile(0.5, b_bucket)', ['{} NaN']],
    ['histogram_quantile(0.75, sum by (le) ({__name__=~"a_bucket|b_bucket"}))', ['{} 1.5']],
    [
      'histogram_quantile(0.5, {__name__=~"a_bucket|b_bucket"})',
      ['execution: vector cannot contain metrics with the same labelset'],
    ],
  ])('%s', (query, answer) => {
    expect(at(buckets, 0, query)).toEqual(answer);
  });
});
