import { describe, expect, test } from 'vitest';
import { lastLine, tally, verdict, type Report } from '../../scripts/tally.ts';

describe('the count at the end of a run', () => {
  test('names what passed, failed and was skipped', () => {
    expect(lastLine(tally(report({ numPassedTests: 5, numPendingTests: 2, numTodoTests: 1 }), 0))).toBe(
      '5 passed, 0 failed, 3 skipped',
    );
  });

  test('counts a file that could not be collected as a failure', () => {
    const broken = { name: 'a.test.ts', status: 'failed', assertionResults: [] };
    expect(tally(report({ numPassedTests: 5, testResults: [broken] }), 1).failed).toBe(1);
  });

  test('counts a file with failed tests by its tests', () => {
    const red = { name: 'a.test.ts', status: 'failed', assertionResults: [{ status: 'failed' }] };
    expect(tally(report({ numFailedTests: 1, testResults: [red] }), 1).failed).toBe(1);
  });

  test('counts a bad end without a failed test, and a missing report, as a failure', () => {
    expect(tally(report({ numPassedTests: 5 }), 1).failed).toBe(1);
    expect(tally(null, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('the verdict on a run', () => {
  test('is no when nothing ran', () => {
    expect(verdict({ passed: 0, failed: 0, skipped: 0 }, false)).toBe(1);
  });

  test('is no when something was skipped where nothing may be', () => {
    expect(verdict({ passed: 5, failed: 0, skipped: 1 }, true)).toBe(1);
    expect(verdict({ passed: 5, failed: 0, skipped: 1 }, false)).toBe(0);
  });
});

function report(parts: Partial<Report>): Report {
  return {
    numTotalTests: 0,
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [],
    ...parts,
  };
}
