import { quoteText } from '../go-quote.ts';
import { units } from '../units.ts';

/** A number as written, or what is wrong with it. */
export type ReadNumber = { readonly value: number } | { readonly fault: string };

const largestInteger = 2n ** 63n - 1n;

/**
 * The value of a number as Prometheus reads it: first as a Go integer with its base prefix (so `017` is 15 and `08`, which
 * is none, goes on), then as a decimal fraction.
 */
export function valueOfNumber(written: string): ReadNumber {
  const lower = written.toLowerCase();
  if (lower === 'inf') return { value: Infinity };
  if (lower === 'nan') return { value: NaN };
  const integer = integerOf(lower);
  if (integer !== null && integer <= largestInteger) return { value: Number(integer) };
  if (lower.endsWith('_') || !/^(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[+-]?\d[\d_]*)?$/.test(lower)) {
    return { fault: `strconv.ParseFloat: parsing ${quoteText(written)}: invalid syntax` };
  }
  const value = Number(lower.replaceAll('_', ''));
  if (Number.isFinite(value)) return { value };
  return { fault: `strconv.ParseFloat: parsing ${quoteText(written)}: value out of range` };
}

function integerOf(lower: string): bigint | null {
  // Underscores stand singly between digits or behind the prefix: the lexer has seen to the rest.
  if (lower.endsWith('_')) return null;
  const plain = lower.replaceAll('_', '');
  if (/^0x[0-9a-f]+$/.test(plain)) return BigInt(plain);
  if (/^0[0-7]+$/.test(plain)) return BigInt(`0o${plain.slice(1)}`);
  return /^(0|[1-9][0-9]*)$/.test(plain) ? BigInt(plain) : null;
}

/** Go's longest duration, about 292 years. */
const longestMs = 9_223_372_036_854;

/** The length of a duration like `1h30m` in ms, or what is wrong with it. Units go from the largest to the smallest, each once. */
export function msOfDuration(written: string): ReadNumber {
  let value = 0;
  let last = -1;
  for (const [, digits = '', unit = ''] of written.matchAll(/(\d+)([^\d]*)/g)) {
    if (unit === '') return { fault: `not a valid duration string: ${quoteText(written)}` };
    const position = units.findIndex(([name]) => name === unit);
    const found = units[position];
    if (found === undefined)
      return { fault: `unknown unit ${quoteText(unit)} in duration ${quoteText(written)}` };
    if (position <= last) return { fault: `not a valid duration string: ${quoteText(written)}` };
    last = position;
    value += Number(digits) * found[1];
    if (value > longestMs) return { fault: 'duration out of range' };
  }
  return { value };
}
