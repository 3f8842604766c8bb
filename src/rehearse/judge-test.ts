import { differencesAt, momentsOf, type Difference } from './compare.ts';
import { endOf, type Film, type Moment } from './film.ts';
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
      const differences = differencesAt(expectation, film, endOf(until));
      return differences.length === 0 ? null : { expectation, differences, at: until };
    }
    case 'by': {
      const moments = [...momentsOf(expectation, film, until), endOf(until)];
      if (moments.some((moment) => differencesAt(expectation, film, moment).length === 0)) return null;
      return nearest(expectation, film, moments);
    }
    case 'never': {
      const came = [...momentsOf(expectation, film, until), endOf(until)].find(
        (moment) => differencesAt(expectation, film, moment).length === 0,
      );
      return came === undefined ? null : { expectation, differences: [], at: came.at };
    }
  }
}

/** Where the fewest things were otherwise; the last of such moments. */
function nearest(expectation: Expectation, film: Film, moments: readonly Moment[]): Failure | null {
  let best: Failure | null = null;
  for (const moment of moments) {
    const differences = differencesAt(expectation, film, moment);
    if (best === null || differences.length <= best.differences.length)
      best = { expectation, differences, at: moment.at };
  }
  return best;
}
