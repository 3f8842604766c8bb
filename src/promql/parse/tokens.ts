import { aggregators } from '../ast.ts';
import { quoteText } from '../go-quote.ts';

/**
 * A word of a query.
 *
 * `operator` stands between or before expressions, words like `and` among them; `mark` is all other punctuation. Keywords,
 * aggregators and word operators are recognised in any case.
 */
export interface Token {
  readonly kind:
    'number' | 'duration' | 'string' | 'identifier' | 'keyword' | 'aggregator' | 'operator' | 'mark' | 'end';
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Words before a list of labels in parentheses. */
export const groupingKeywords: ReadonlySet<string> = new Set([
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
]);

const keywords: ReadonlySet<string> = new Set([...groupingKeywords, 'offset', 'bool', 'start', 'end']);

/** The experimental ones, too: they are read, so that they can be refused by name. */
const aggregatorWords: ReadonlySet<string> = new Set([...aggregators, 'limitk', 'limit_ratio']);

const wordOperators: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'atan2']);
const wordNumbers: ReadonlySet<string> = new Set(['inf', 'nan']);

/** What a word outside of braces is. */
export function kindOfWord(word: string): Token['kind'] {
  const lower = word.toLowerCase();
  if (keywords.has(lower)) return 'keyword';
  if (aggregatorWords.has(lower)) return 'aggregator';
  if (wordOperators.has(lower)) return 'operator';
  return wordNumbers.has(lower) ? 'number' : 'identifier';
}

/** Whether the token is this keyword, operator or mark. */
export function isWord(token: Token | undefined, word: string): boolean {
  if (token === undefined || token.kind === 'string' || token.kind === 'identifier') return false;
  return token.text.toLowerCase() === word;
}

/** The token in a message, as Prometheus names it. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'end of input';
    case 'keyword':
      return ['start', 'end'].includes(token.text.toLowerCase()) ? quoteText(token.text) : `<${token.text}>`;
    case 'operator':
      return `<op:${token.text}>`;
    case 'aggregator':
      return `<aggr:${token.text}>`;
    case 'mark':
      return quoteText(token.text);
    case 'identifier':
      return `${token.text.includes(':') ? 'metric identifier' : 'identifier'} ${quoteText(token.text)}`;
    case 'number':
    case 'duration':
    case 'string':
      return `${token.kind} ${shortened(token.text)}`;
  }
}

function shortened(text: string): string {
  return text.length > 10 ? `${quoteText(text.slice(0, 10))}...` : quoteText(text);
}
