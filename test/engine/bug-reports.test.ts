import { expect, test } from 'vitest';
import type { BugReport } from '../../src/domain/ports/reports.ts';
import { DAY, MINUTE } from '../../src/domain/time.ts';
import { stillKept, withReport } from '../../src/engine/bug-reports.ts';

const at = 1_000_000_000;

/** Enters reports one after the other, a minute apart, and says what is kept. */
function entered(...reports: (readonly [issue: string, by: string])[]): string[] {
  let kept: readonly BugReport[] = [];
  for (const [index, [issue, by]] of reports.entries())
    kept = withReport(kept, { issue, by, at: at + index * MINUTE }).reports;
  return kept.map((report) => `${report.issue} ${report.by} ${(report.at - at) / MINUTE}`);
}

test('each person counts once for an issue, from the last time on', () => {
  expect(entered(['A-1', 'ana'], ['A-1', 'bo'], ['A-1', 'ana'])).toEqual(['A-1 bo 1', 'A-1 ana 2']);
  expect(entered(['A-1', 'ana'], ['B-2', 'ana'])).toEqual(['A-1 ana 0', 'B-2 ana 1']);
});

test('capitals tell neither issues nor people apart; the first spelling of an issue stands', () => {
  expect(entered(['A-1', 'ana'], ['a-1', 'bo'], ['a-1', 'ANA'])).toEqual(['A-1 bo 1', 'A-1 ANA 2']);
});

test('of one target at most 500 are kept, the youngest', () => {
  const many = Array.from({ length: 503 }, (_, index) => ['A-1', `p${index}`] as const);
  const kept = entered(...many);
  expect(kept).toHaveLength(500);
  expect(kept[0]).toBe('A-1 p3 3');
});

test('what is older than a day goes', () => {
  const report = { issue: 'A-1', by: 'ana', at };
  expect(stillKept([report], at + DAY - 1)).toEqual([report]);
  expect(stillKept([report], at + DAY)).toEqual([]);
});
