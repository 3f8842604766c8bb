import { expect, test } from 'vitest';
import { readDeploys } from '../../src/backtest/deploys.ts';

const noon = Date.UTC(2026, 10, 3, 12);

test('a table and a list say the same', () => {
  const csv = [
    'time,target,release,bad',
    '2026-11-03T13:00:00+01:00,shop,v2,true',
    '# a remark',
    '2026-11-03T11:00:00Z,shop,v1,',
    '2026-11-03 14:00:00Z,shop,"v3",good',
  ].join('\n');
  const yaml = `deploys:
  - { time: 2026-11-03T13:00:00+01:00, target: shop, release: v2, bad: true }
  - { time: 2026-11-03T11:00:00Z, target: shop, release: v1 }
  - { time: 2026-11-03 14:00:00Z, target: shop, release: v3, bad: false }
`;
  const deploys = [
    { at: noon - 3_600_000, target: 'shop', release: 'v1', bad: null },
    { at: noon, target: 'shop', release: 'v2', bad: true },
    { at: noon + 2 * 3_600_000, target: 'shop', release: 'v3', bad: false },
  ];

  expect(readDeploys(csv, 'deploys.csv')).toEqual(deploys);
  expect(readDeploys(yaml, 'deploys.yaml')).toEqual(deploys);
});

test('every entry that cannot be read is named with its line', () => {
  const csv = [
    'release,target,time,bad',
    'v1,shop,2026-11-03T12:00:00,',
    'v2,,2026-11-03T12:00:00Z,',
    ',shop,2026-11-03T12:00:00Z,',
    'v4,shop,2026-11-03T12:00:00Z,perhaps',
  ].join('\n');

  expect(() => readDeploys(csv, 'd.csv')).toThrow(
    [
      'd.csv:2: time: expected an instant with its zone such as 2026-01-05T12:00:00Z, got 2026-11-03T12:00:00',
      'd.csv:3: target: expected the name of a target',
      'd.csv:4: release: expected what people call it',
      'd.csv:5: bad: expected true, false or nothing, got perhaps',
    ].join('\n'),
  );
  expect(() => readDeploys('- { target: shop, release: v1 }\n- 7\n', 'd.yaml')).toThrow(
    [
      'd.yaml:1: time: expected an instant with its zone such as 2026-01-05T12:00:00Z, got nothing',
      'd.yaml:2: time: expected an instant with its zone such as 2026-01-05T12:00:00Z, got nothing',
    ].join('\n'),
  );
});

test('what is neither a table nor a list is refused', () => {
  expect(() => readDeploys('when,what\n1,2', 'd.csv')).toThrow(
    'd.csv:1: expected a header with time,target,release and perhaps bad; time, target, release missing',
  );
  expect(() => readDeploys('v1', 'd.yaml')).toThrow(
    'd.yaml:1: expected a list of deploys, each with time, target and release',
  );
  expect(() => readDeploys('a: [', 'd.yaml')).toThrow('d.yaml:1: ');
});
