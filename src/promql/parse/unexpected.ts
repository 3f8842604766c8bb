import type { QueryError } from '../query-error.ts';
import { parseError } from './refusal.ts';
import { describeToken, groupingKeywords, isWord } from './tokens.ts';
import type { Token } from './tokens.ts';

/** Syntax of Prometheus that needs a feature flag there: words behind a selector, and words with a number in parentheses. */
const experimentalSuffixes: ReadonlySet<string> = new Set(['anchored', 'smoothed']);
const experimentalModifiers: ReadonlySet<string> = new Set(['fill', 'fill_left', 'fill_right']);

/** The error for a word that does not fit where it stands: what it is, within what, and what was expected there. */
export function unexpected(text: string, tokens: readonly Token[], index: number): QueryError {
  const token = tokens[index] ?? { kind: 'end', text: '', from: text.length, to: text.length };
  if (tokens.length === 1)
    return parseError(text, { from: 0, to: text.length }, 'no expression found in input');
  const experimental = experimentalBefore(tokens, index);
  if (experimental !== undefined)
    return parseError(text, experimental, `experimental syntax "${experimental.text}" is not supported`);
  const place = placeOf(tokens, index);
  const inside = place.inside === null ? '' : ` in ${place.inside}`;
  const expected = place.expected === null ? '' : `, expected ${place.expected}`;
  return parseError(text, token, `unexpected ${describeToken(token)}${inside}${expected}`);
}

function experimentalBefore(tokens: readonly Token[], index: number): Token | undefined {
  const token = tokens[index];
  if (token?.kind === 'identifier' && experimentalSuffixes.has(lower(token))) return token;
  return tokens
    .slice(0, index + 1)
    .find((word, at) => experimentalModifiers.has(lower(word)) && at > 0 && isWord(tokens[at + 1], '('));
}

interface Place {
  readonly inside: string | null;
  readonly expected: string | null;
}

function placeOf(tokens: readonly Token[], index: number): Place {
  const open = openBefore(tokens, index);
  const previous = tokens[index - 1];
  if (isWord(tokens[open], '{')) return { inside: 'label matching', expected: inMatchers(tokens, index) };
  if (isWord(tokens[open], '[')) return inRange(tokens, open, index);
  if (startsGrouping(tokens, open)) {
    const atLabel = isWord(previous, '(') || isWord(previous, ',');
    return { inside: 'grouping opts', expected: atLabel ? 'label' : '"," or ")"' };
  }
  if (previous?.kind === 'keyword' && ['by', 'without', 'on', 'ignoring'].includes(lower(previous)))
    return { inside: 'grouping opts', expected: '"("' };
  const signed = previous?.kind === 'operator' ? tokens[index - 2] : previous;
  if (isWord(previous, 'offset') || isWord(signed, 'offset'))
    return { inside: 'offset', expected: 'number or duration' };
  if (followsAt(tokens, index)) return { inside: '@', expected: 'timestamp' };
  if (followsAggregator(tokens, index)) return { inside: 'aggregation', expected: null };
  return { inside: null, expected: null };
}

/** The index of the innermost bracket that is open before `index`, -1 if none is. */
function openBefore(tokens: readonly Token[], index: number): number {
  let closed = 0;
  for (let at = index - 1; at >= 0; at -= 1) {
    const token = tokens[at];
    if (token?.kind !== 'mark') continue;
    if (')]}'.includes(token.text)) closed += 1;
    if ('([{'.includes(token.text)) {
      if (closed === 0) return at;
      closed -= 1;
    }
  }
  return -1;
}

function inMatchers(tokens: readonly Token[], index: number): string {
  const previous = tokens[index - 1];
  if (isWord(previous, '{') || isWord(previous, ',')) return 'identifier or "}"';
  if (previous?.kind === 'identifier') return 'label matching operator';
  return previous?.kind === 'string' ? '"," or "}"' : 'string';
}

function inRange(tokens: readonly Token[], open: number, index: number): Place {
  const before = tokens.slice(open + 1, index);
  const afterColon = isWord(before.at(-1), ':');
  if (before.length === 0) return { inside: 'subquery selector', expected: 'number or duration' };
  if (afterColon) return { inside: 'subquery selector', expected: 'number, duration, or "]"' };
  if (before.some((token) => isWord(token, ':'))) return { inside: 'subquery selector', expected: '"]"' };
  return { inside: 'subquery or range', expected: '":" or "]"' };
}

function startsGrouping(tokens: readonly Token[], open: number): boolean {
  const keyword = tokens[open - 1];
  return open > 0 && keyword?.kind === 'keyword' && groupingKeywords.has(lower(keyword));
}

function followsAt(tokens: readonly Token[], index: number): boolean {
  for (let at = index - 1; at >= 0 && at >= index - 3; at -= 1) {
    const token = tokens[at];
    if (isWord(token, '@')) return true;
    if (!isWord(token, 'start') && !isWord(token, 'end') && !isWord(token, '(') && token?.kind !== 'operator')
      return false;
  }
  return false;
}

function followsAggregator(tokens: readonly Token[], index: number): boolean {
  const previous = tokens[index - 1];
  if (previous?.kind === 'aggregator') return true;
  if (!isWord(previous, ')')) return false;
  const open = openBefore(tokens, index - 1);
  return startsGrouping(tokens, open) && tokens[open - 2]?.kind === 'aggregator';
}

function lower(token: Token): string {
  return token.text.toLowerCase();
}
