import { expect, test } from 'vitest';
import { Phase } from '../../../src/detect/scrape/phase.ts';

const second = { everyMs: 1_000, tookMs: 0 };

function readAt(...times: readonly number[]): Phase {
  const phase = new Phase();
  for (const at of times) phase.read(at);
  return phase;
}

test('without readers a page keeps to its own grid', () => {
  expect(new Phase().adjusted(10_300, { ...second, now: 9_400 })).toBe(10_300);
});

test('a page is scraped right before those who ask, by the shorter way', () => {
  const phase = readAt(8_700, 9_700);
  expect(phase.adjusted(10_300, { ...second, now: 9_750 })).toBe(10_660);
  expect(phase.adjusted(10_900, { ...second, now: 9_950 })).toBe(10_660);
});

test('what a scrape takes comes before the readers, too, up to half an interval', () => {
  const phase = readAt(9_700);
  expect(phase.adjusted(10_300, { ...second, tookMs: 100, now: 9_750 })).toBe(10_510);
  expect(phase.adjusted(10_300, { ...second, tookMs: 900, now: 9_750 })).toBe(10_200);
});

test('of several readers the first of the bunch counts, over the turn of the interval, too', () => {
  expect(readAt(8_950, 9_050, 9_180, 9_950, 10_050).adjusted(11_000, { ...second, now: 10_200 })).toBe(
    10_910,
  );
});

test('a page that is near enough stays where it is', () => {
  expect(readAt(9_700).adjusted(10_640, { ...second, now: 9_750 })).toBe(10_640);
});

test('a slot that would come at once comes an interval later', () => {
  expect(readAt(9_500).adjusted(9_850, { ...second, now: 9_300 })).toBe(10_460);
});

test('readers of long ago, and pages that are scraped seldom, change nothing', () => {
  expect(readAt(9_700).adjusted(30_300, { ...second, now: 29_400 })).toBe(30_300);
  expect(readAt(9_700).adjusted(10_300, { everyMs: 5_000, tookMs: 0, now: 9_750 })).toBe(10_300);
});

test('readers of a slower rule are found in the interval of the page', () => {
  expect(readAt(1_700, 6_700).adjusted(8_300, { ...second, now: 7_350 })).toBe(8_660);
});

test('a bunch of hundreds of readers has one beginning, and a page stays right before it', () => {
  const phase = new Phase();
  for (let second = 0; second < 10; second++)
    for (let reader = 0; reader < 240; reader++) phase.read(second * 1_000 + 700 + reader);
  const slot = phase.adjusted(10_820, { ...second, now: 9_960 });
  expect(slot).toBe(10_660);
  for (let reader = 0; reader < 240; reader++) phase.read(10_700 + reader);
  expect(phase.adjusted(slot + 1_000, { ...second, now: 10_970 })).toBe(11_660);
});
