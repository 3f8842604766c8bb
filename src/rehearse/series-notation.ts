import { numberPattern, readNumber } from './number.ts';

/** One written sample: a value, the end of the series, or nothing. */
export type WrittenSample = number | 'stale' | 'missing';

/** What is wrong with a notation, and where in the text it begins. */
export interface NotationFlaw {
  readonly offset: number;
  readonly problem: string;
}

/** No series of a test is longer than this. */
export const mostSamples = 100_000;

const repeated = new RegExp(`^([+-]?${numberPattern})(?:([+-]${numberPattern})?x(\\d+))?$`);

/**
 * Reads the values of a series as promtool writes them, one for each interval:
 *
 * - `1 2 3`    these values
 * - `0+10x5`   0, and five more, each 10 above the last: six samples
 * - `1-2x4`    1, and four more, each 2 below the last
 * - `3x4`      3, and four more of it: five samples
 * - `_` `_x3`  nothing, once or three times
 * - `stale`    the series ends here
 *
 * Native histograms, `{{…}}`, are refused.
 */
export function readSeriesValues(text: string): readonly WrittenSample[] | NotationFlaw {
  const samples: WrittenSample[] = [];
  for (const { token, offset } of tokensOf(text)) {
    const items = itemsOf(token);
    if (typeof items === 'string') return { offset, problem: items };
    if (samples.length + items.count > mostSamples)
      return { offset, problem: `more than ${mostSamples} samples; write a shorter series` };
    for (let step = 0; step < items.count; step++) samples.push(items.at(step));
  }
  return samples;
}

/** The words of a notation, and where each begins. Braces keep their blanks. */
export function* tokensOf(text: string): Generator<{ readonly token: string; readonly offset: number }> {
  for (const { 0: token, index } of text.matchAll(/\{\{.*?(?:\}\}\S*|$)|\S+/gs))
    yield { token, offset: index };
}

interface Items {
  readonly count: number;
  readonly at: (step: number) => WrittenSample;
}

function itemsOf(token: string): Items | string {
  if (token.startsWith('{{'))
    return 'native histograms are not supported; write a classic one, bucket by bucket';
  if (token === 'stale') return { count: 1, at: (): WrittenSample => 'stale' };
  const blanks = /^_(?:x(\d+))?$/.exec(token);
  if (blanks !== null) return { count: Number(blanks[1] ?? 1), at: (): WrittenSample => 'missing' };
  const match = repeated.exec(token);
  if (match === null)
    return `expected values such as 1, 0+10x5, 1-2x4, 3x4, _, _x3 or stale, got ${shortened(token)}`;
  const [, first = '', step, times] = match;
  const [from, by] = [readNumber(first), step === undefined ? 0 : readNumber(step)];
  // Added up one by one, as promtool does: the same roundings give the same samples.
  let value = from;
  return {
    count: times === undefined ? 1 : Number(times) + 1,
    at: (index) => {
      if (index > 0 && step !== undefined) value += by;
      return value;
    },
  };
}

/** What may be repeated in a message. */
export function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
