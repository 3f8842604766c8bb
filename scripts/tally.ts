/** The part of vitest's JSON report that counts. */
export interface Report {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Counts a run. A file that could not be collected is one failure, and so is a run that ended badly although no test
 * failed (an unhandled error, a crash before the report).
 */
export function tally(report: Report | null, exitCode: number): Tally {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 };
  const uncollected = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + uncollected;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** What the run as a whole says: 0 only if something ran, nothing failed and, where nothing may be skipped, nothing was. */
export function verdict({ passed, failed, skipped }: Tally, mayNotSkip: boolean): 0 | 1 {
  if (failed > 0 || passed === 0) return 1;
  return mayNotSkip && skipped > 0 ? 1 : 0;
}

/** The last line of a run. */
export function lastLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
