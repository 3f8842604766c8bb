import { parseQuantity } from '../domain/quantity.ts';
import { parseDuration, SECOND } from '../domain/time.ts';
import type { Unknown } from '../domain/reading.ts';
import { mostSamples, shortened, tokensOf, type NotationFlaw } from './series-notation.ts';

/** One written reading: a measure with the text that it was written as, a probe, or why there is none. */
export type WrittenReading =
  | { readonly kind: 'value'; readonly value: number; readonly text: string }
  | { readonly kind: 'probe'; readonly passed: boolean }
  | { readonly kind: 'unknown'; readonly why: Unknown };

const words: Readonly<Record<string, WrittenReading>> = {
  pass: { kind: 'probe', passed: true },
  fail: { kind: 'probe', passed: false },
  _: { kind: 'unknown', why: 'no_data' },
  no_data: { kind: 'unknown', why: 'no_data' },
  error: { kind: 'unknown', why: 'error' },
  insufficient: { kind: 'unknown', why: 'insufficient' },
  never_seen: { kind: 'unknown', why: 'never_seen' },
};

/**
 * Reads what a rule reads, one for each time that it is read, the first at the beginning of the test:
 *
 * - `pass` `fail`                                    a probe
 * - `0.5` `97%` `512MiB` `1500ms`                      a measure
 * - `_` `no_data` `error` `insufficient` `never_seen`  why there is none
 *
 * `xN`, with or without a blank before it, repeats what stands before it, so that it stands N times in all. After the
 * last one there is nothing: `no_data`.
 */
export function readReadings(text: string): readonly WrittenReading[] | NotationFlaw {
  const readings: WrittenReading[] = [];
  let last: WrittenReading | null = null;
  for (const { token, offset } of tokensOf(text)) {
    const [, word = '', times] = /^(.*?)(?:x(\d+))?$/s.exec(token) ?? [];
    const reading: WrittenReading | null = word === '' ? last : readingOf(word);
    if (reading === null) return { offset, problem: problemOf(word) };
    // What a bare xN repeats stands there once already.
    const count = Number(times ?? 1) - (word === '' ? 1 : 0);
    if (readings.length + count > mostSamples)
      return { offset, problem: `more than ${mostSamples} readings; write fewer` };
    for (let index = 0; index < count; index++) readings.push(reading);
    if (count < 0) readings.pop();
    last = word === '' ? null : reading;
  }
  return readings;
}

function readingOf(word: string): WrittenReading | null {
  const known = Object.hasOwn(words, word) ? words[word] : undefined;
  if (known !== undefined) return known;
  const quantity = parseQuantity(word);
  if (quantity !== null) return { kind: 'value', value: quantity.value, text: word };
  const ms = parseDuration(word);
  if (ms !== null) return { kind: 'value', value: ms / SECOND, text: word };
  const size = Number(word);
  return word === '' || Number.isNaN(size) ? null : { kind: 'value', value: size, text: word };
}

function problemOf(word: string): string {
  if (word === '') return 'xN repeats what stands before it, and nothing does';
  return `expected readings such as pass x10, fail, 97%, 0.5 x3, _ or error, got ${shortened(word)}`;
}
