import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';
import { unexpected } from './unexpected.ts';
import { groupingKeywords, isWord } from './tokens.ts';
import type { Token } from './tokens.ts';

/** A query as the official grammar sees it, with the words as they were written. */
export interface SyntaxTree {
  readonly text: string;
  /** The outermost expression. */
  readonly root: SyntaxNode;
  /** The word a node begins with. */
  tokenAt(node: SyntaxNode): Token;
  /** The word before the one that ends the node, and so on: the last word within it. */
  lastTokenOf(node: SyntaxNode): Token;
}

const strict = parser.configure({ strict: true });

/**
 * Gives the words to the official grammar, which decides their structure.
 *
 * The grammar is made for editors: its own lexer differs from Prometheus' in numbers, strings and names, and it knows
 * functions and syntax of other versions. So it is given placeholders: every name as `m`, every function as `abs`, every
 * number as `1`, joined by blanks. Only the structure is taken from it, never a word.
 *
 * @throws QueryError for the first word that does not fit
 */
export function parseStructure(text: string, tokens: readonly Token[]): SyntaxTree {
  const starts: number[] = [];
  let placeholders = '';
  for (const placeholder of placeholdersFor(tokens)) {
    starts.push(placeholders.length);
    placeholders += `${placeholder} `;
  }
  const indexAt = (offset: number): number => lastNotAbove(starts, offset);
  const token = (index: number): Token => tokens[index] ?? endOf(text);
  try {
    const root = strict.parse(placeholders).topNode.firstChild;
    if (root !== null) {
      return {
        text,
        root,
        tokenAt: (node) => token(indexAt(node.from)),
        lastTokenOf: (node) => token(indexAt(node.to - 1)),
      };
    }
  } catch (error) {
    const position = error instanceof SyntaxError ? /\d+$/.exec(error.message) : null;
    if (position === null) throw error;
    throw unexpected(text, tokens, wordBehind(starts, placeholders, Number(position[0])));
  }
  throw unexpected(text, tokens, 0);
}

/** The first word that ends behind a position, which may be that of the blank before it. */
function wordBehind(starts: readonly number[], placeholders: string, position: number): number {
  if (placeholders.slice(position).trim() === '') return starts.length;
  const blank = placeholders.charAt(position) === ' ' ? 1 : 0;
  return lastNotAbove(starts, position + blank);
}

function* placeholdersFor(tokens: readonly Token[]): Generator<string> {
  let expectsOperand = true;
  let grouping: string | null = null;
  let inBraces = false;
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'end') return;
    if (isWord(token, '{')) inBraces = true;
    if (isWord(token, '}')) inBraces = false;
    if (isWord(token, '(')) grouping = groupingBefore(tokens[index - 1]) ?? grouping;
    const isLabel = (grouping !== null || inBraces) && /^[A-Za-z_:]/.test(token.text);
    const placeholder: string = isLabel ? 'm' : placeholderFor(token, tokens[index + 1], expectsOperand);
    yield placeholder;
    expectsOperand = placeholder !== 'm' && leadsToOperand(token);
    if (grouping === null || !isWord(token, ')')) continue;
    // Behind the labels of an operator comes its right side; behind `sum(x) by (a)` another operator may come.
    expectsOperand = grouping !== 'by' && grouping !== 'without';
    grouping = null;
  }
}

function groupingBefore(token: Token | undefined): string | null {
  const word = token?.text.toLowerCase() ?? '';
  return token?.kind === 'keyword' && groupingKeywords.has(word) ? word : null;
}

function placeholderFor(token: Token, next: Token | undefined, expectsOperand: boolean): string {
  switch (token.kind) {
    case 'number':
    case 'duration':
      return '1';
    case 'string':
      return '""';
    case 'identifier':
      return isWord(next, '(') && expectsOperand && !token.text.includes(':') ? 'abs' : 'm';
    case 'aggregator':
      if (isWord(next, '(') || isWord(next, 'by') || isWord(next, 'without')) return 'sum';
      return 'm';
    case 'operator':
      return expectsOperand && isName(token) ? 'm' : token.text.toLowerCase();
    case 'keyword':
      return expectsOperand && isName(token) ? 'm' : token.text.toLowerCase();
    case 'mark':
    case 'end':
      return token.text;
  }
}

const neverNames: ReadonlySet<string> = new Set([
  'bool',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'atan2',
]);

/** Whether a word with a meaning may also be the name of a metric. */
function isName(token: Token): boolean {
  return /^[A-Za-z]/.test(token.text) && !neverNames.has(token.text.toLowerCase());
}

function leadsToOperand(token: Token): boolean {
  if (token.kind === 'operator') return true;
  if (token.kind === 'keyword') return neverNames.has(token.text.toLowerCase());
  return token.kind === 'mark' && (token.text === '(' || token.text === ',');
}

function endOf(text: string): Token {
  return { kind: 'end', text: '', from: text.length, to: text.length };
}

/** The last index of ascending `starts` whose value is at most `offset`. */
function lastNotAbove(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
