import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { painter } from '../../../src/cli/paint.ts';
import { cellsOf } from '../../../src/cli/watch/cells.ts';
import { frame, picture } from '../../../src/cli/watch/frame.ts';
import { begin, type WatchState } from '../../../src/cli/watch/state.ts';
import { emptyStatus } from '../../fakes/daemon-views.ts';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import { start } from '../../fakes/clock.ts';
import { asking, keys, rollingBack, seen, status } from './world.ts';

const plain = painter(false);
const late = {
  type: 'lost',
  reason: 'no daemon answers at http://127.0.0.1:7390',
  at: start,
  retryAt: start + 4 * SECOND,
} as const;

function screenOf(state: WatchState, columns: number, rows: number, now = start): string {
  return `${frame(state, { columns, rows }, now, plain)
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

/** The text of a screen as a person would see it. */
function expected(name: string): string {
  return readFileSync(new URL(`screens/${name}.txt`, import.meta.url), 'utf8');
}

export const screens: Readonly<Record<string, () => string>> = {
  'asking-100x34': () => screenOf(seen().state, 100, 34),
  'asking-120x40': () => screenOf(seen().state, 120, 40),
  'asking-40x24': () => screenOf(seen().state, 40, 24),
  'asking-80x12': () => screenOf(seen().state, 80, 12),
  'rolling-back-100x34': () => screenOf(seen([], rollingBack(30)).state, 100, 34, start + 42 * SECOND),
  'confirming-100x34': () => screenOf(seen(keys('ay')).state, 100, 34),
  'lost-100x34': () => screenOf(seen([late]).state, 100, 34, start + 2 * SECOND),
  'details-100x20': () => screenOf(seen(keys('<enter>jj')).state, 100, 20),
  'help-100x20': () => screenOf(seen(keys('?')).state, 100, 20),
  'paused-60x16': () => screenOf(seen(keys('f')).state, 60, 16, start + MINUTE),
};

test.each(Object.entries(screens))('%s', (name, screen) => {
  expect(screen()).toBe(expected(name));
});

test('a quiet daemon is a short picture', () => {
  expect(picture(begin(emptyStatus, start), 80, start, plain)).toEqual([
    'rollbackd 0.1.0  production  mode auto                                  12:00:00',
    '',
    'no open incidents',
    '',
    'no targets',
  ]);
});

test.each([
  [20, 3],
  [39, 5],
  [40, 24],
  [61, 17],
  [99, 30],
  [240, 80],
])('no line is wider than %d columns, and there are %d of them, whatever is shown', (columns, rows) => {
  const wide = { ...asking, reason: '理由は不明です🚒 '.repeat(30), target: '検索サービス🔥' };
  for (const typed of ['', '?', '<enter>', 'a', 'H', 'o'])
    for (const events of [keys(typed), [...keys(typed), late]]) {
      const lines = frame(seen(events, wide).state, { columns, rows }, start, painter(true));
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(columns);
    }
});

test('a terminal that shows nothing says so', () => {
  expect(frame(seen().state, { columns: 10, rows: 2 }, start, plain)).toEqual(['too small', '']);
});

test('a picture that is not the newest is dim, and what is said about it is not', () => {
  const lines = frame(seen([late]).state, { columns: 80, rows: 30 }, start, painter(true));

  expect(lines[1]).toContain('\u001b[1;37;41m LOST \u001b[0m since 12:00:00, tries again in 4s');
  expect(lines.find((line) => line.includes('INCIDENTS'))).toBe('\u001b[2mINCIDENTS\u001b[0m');
});

test('time runs on between two looks, by the clock of the daemon', () => {
  const ahead = begin({ ...status, now: start + 7 * SECOND }, start);

  expect(frame(ahead, { columns: 60, rows: 20 }, start + 3 * SECOND, plain)[0]).toMatch(/12:00:10$/);
});

test('hundreds of targets are cut, the worst stay, and it is said how many are missing', () => {
  const targets = Array.from({ length: 300 }, (_, index) => ({
    ...(status.targets[index === 299 ? 1 : 0] as (typeof status.targets)[number]),
    name: `t${index}`,
  }));
  const lines = frame(begin({ ...status, targets }, start), { columns: 80, rows: 24 }, start, plain);

  expect(lines.find((line) => line.startsWith('  t'))).toMatch(/^ {2}t299 +FIRING HIGH/);
  expect(lines.join('\n')).toMatch(/… and \d+ more lines/);
});
