import { expect, test } from 'vitest';
import type { SeriesView } from '../../../src/domain/ports/daemon.ts';
import { sparkline } from '../../../src/server/approval/sparkline.ts';
import { MINUTE } from '../../../src/domain/time.ts';
import { start } from '../../fakes/clock.ts';

type Verdict = SeriesView['readings'][number]['verdict'];

function aSeries(values: readonly (number | null | Verdict)[], threshold: number | null = null): SeriesView {
  return {
    rule: 'layra/a',
    subject: 'backend',
    summary: '',
    levels: [{ severity: 'high', condition: '', threshold }],
    readings: values.map((value, index) => ({
      at: start + index * MINUTE,
      value: typeof value === 'number' ? value : null,
      verdict: typeof value === 'number' ? 'value' : (value ?? 'unknown'),
      detail: '',
    })),
  };
}

test('the line goes through the readings from left to right, higher values higher, and the threshold is in the picture', () => {
  const picture = sparkline(aSeries([0, 5, 10], 8), start)?.text;

  expect(picture).toContain('<path class="line" d="M4 66L160 36L316 6"/>');
  expect(picture).toContain('<path class="threshold" d="M0 18H320"/>');
  expect(picture).toContain('<span>12:00 UTC</span><span>12:02 UTC</span>');
});

test('readings that are unknown leave no mark in a line, and equal ones make a straight line', () => {
  const picture = sparkline(aSeries([3, null, Number.NaN, 3]), start)?.text;

  expect(picture).toContain('<path class="line" d="M4 36L316 36"/>');
  expect(picture).not.toContain('NaN');
});

test('probes are marks: what passed, what failed, and what is not known', () => {
  const picture = sparkline(aSeries(['passed', 'failed', 'unknown', 'failed']), start)?.text ?? '';

  expect([...picture.matchAll(/class="(passed|failed|unknown)"/g)].map(([, kind]) => kind)).toEqual([
    'passed',
    'failed',
    'unknown',
    'failed',
  ]);
  expect(picture).toContain('aria-label="2 of the last 4 probes failed"');
});

test('a peak among hundreds of readings is not lost, and the picture stays small', () => {
  const values = Array.from({ length: 500 }, (_, index) => (index === 250 ? 100 : 1));

  const line = /class="line" d="([^"]*)"/.exec(sparkline(aSeries(values), start)?.text ?? '')?.[1] ?? '';

  expect(line.split('L').length).toBeLessThanOrEqual(160);
  expect(line).toMatch(/ 6L/);
});

test('of less than two readings there is no picture', () => {
  expect([
    sparkline(aSeries([]), start),
    sparkline(aSeries([1]), start),
    sparkline(aSeries(['failed']), start),
  ]).toEqual([null, null, null]);
});
