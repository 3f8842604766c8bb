import { differencesAt, instantsOf, type Difference } from './compare.ts';
import type { Film } from './film.ts';
import type { Expectation, RuleTest } from './rule-test.ts';

/** An expectation that did not come true. */
export interface Failure {
  readonly expectation: Expectation;
  /** What was otherwise, at the instant where that is best seen; empty where something came that never should have. */
  readonly differences: readonly Difference[];
  /** That instant, epoch ms. */
  readonly at: number;
}

/** Holds what a rehearsal showed against what a test expects of it. */
export function judgeTest(test: RuleTest, film: Film, startAt: number): readonly Failure[] {
  return test.expectations.flatMap((expectation) => {
    const failure = judge(expectation, film, startAt);
    return failure === null ? [] : [failure];
  });
}

function judge(expectation: Expectation, film: Film, startAt: number): Failure | null {
  const { when, ms } = expectation.timing;
  const until = startAt + ms;
  switch (when) {
    case 'at': {
      const differences = differencesAt(expectation, film, until);
      return differences.length === 0 ? null : { expectation, differences, at: until };
    }
    case 'by': {
      const instants = [...instantsOf(expectation, film, until), until];
      if (instants.some((at) => differencesAt(expectation, film, at).length === 0)) return null;
      return nearest(expectation, film, instants);
    }
    case 'never': {
      const at = [...instantsOf(expectation, film, until), until].find(
        (instant) => differencesAt(expectation, film, instant).length === 0,
      );
      return at === undefined ? null : { expectation, differences: [], at };
    }
  }
}

/** Where the fewest things were otherwise; the last of such instants. */
function nearest(expectation: Expectation, film: Film, instants: readonly number[]): Failure | null {
  let best: Failure | null = null;
  for (const at of instants) {
    const differences = differencesAt(expectation, film, at);
    if (best === null || differences.length <= best.differences.length)
      best = { expectation, differences, at };
  }
  return best;
}
