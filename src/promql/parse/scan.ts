import { quoteCharacter, quoteText } from '../go-quote.ts';
import { parseError } from './refusal.ts';
import { scanNumber } from './scan-number.ts';
import { scanString } from './scan-string.ts';
import { kindOfWord } from './tokens.ts';
import type { Token } from './tokens.ts';

/** Parentheses may be nested this deep: whoever walks the tree may recurse. */
export const maximalNesting = 100;

/**
 * The words of a query, the last one of kind `end`. Spaces and comments are left out.
 *
 * Rules and messages are those of Prometheus' lexer.
 *
 * @throws QueryError
 */
export function scan(text: string): readonly Token[] {
  const scanner = new Scanner(text);
  for (;;) {
    const token = scanner.next();
    scanner.tokens.push(token);
    if (token.kind === 'end') return scanner.tokens;
  }
}

const space = /[ \t\r\n]/;
const letter = /[A-Za-z_]/;
const digit = /[0-9]/;
const single = new Set(['*', '/', '%', '+', '-', '^']);

class Scanner {
  readonly tokens: Token[] = [];
  readonly #text: string;
  #at = 0;
  #parentheses = 0;
  #inBraces = false;
  #inBrackets = false;
  #colonSeen = false;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    this.#skipSpace();
    const character = this.#character();
    if (this.#inBraces) return this.#insideBraces(character);
    if (character === '') return this.#end();
    if (this.#inBrackets) return this.#insideBrackets(character);
    if (character === '"' || character === "'" || character === '`') return this.#string();
    if (letter.test(character) || character === ':') return this.#word(/[A-Za-z0-9_:]/);
    return this.#numberOrSign(character);
  }

  #skipSpace(): void {
    for (;;) {
      const character = this.#character();
      if (character === '#') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end === -1 ? this.#text.length : end;
      } else if (character !== '' && space.test(character)) this.#at += 1;
      else return;
    }
  }

  #end(): Token {
    if (this.#parentheses > 0) throw this.#error('unclosed left parenthesis');
    if (this.#inBrackets) throw this.#error('unclosed left bracket');
    return this.#take('end', 0);
  }

  #insideBraces(character: string): Token {
    if (character === '') throw this.#error('unexpected end of input inside braces');
    if (letter.test(character)) return this.#word(/[A-Za-z0-9_]/, 'identifier');
    if (character === '"' || character === "'" || character === '`') return this.#string();
    const pair = this.#text.slice(this.#at, this.#at + 2);
    if (pair === '=~' || pair === '!~' || pair === '!=') return this.#take('mark', 2);
    if (character === ',' || character === '=') return this.#take('mark', 1);
    if (character === '!')
      throw this.#error(
        `unexpected character after '!' inside braces: ${quoteCharacter(this.#character(1))}`,
      );
    if (character === '{') throw this.#error("unexpected left brace '{'");
    if (character !== '}')
      throw this.#error(`unexpected character inside braces: ${quoteCharacter(character)}`);
    this.#inBraces = false;
    return this.#take('mark', 1);
  }

  #insideBrackets(character: string): Token {
    if (character === '[') throw this.#error("unexpected left bracket '['");
    if (character === ':' && this.#colonSeen) throw this.#error("unexpected colon ':'");
    if (character === ':') {
      this.#colonSeen = true;
      return this.#take('mark', 1);
    }
    if (/[0-9.\])(,+*/%^-]/.test(character)) return this.#numberOrSign(character);
    throw this.#error(`unexpected character in duration expression: ${quoteCharacter(character)}`);
  }

  #numberOrSign(character: string): Token {
    if (digit.test(character) || (character === '.' && digit.test(this.#character(1)))) return this.#number();
    if (single.has(character)) return this.#take('operator', 1);
    const pair = this.#text.slice(this.#at, this.#at + 2);
    if (pair === '==' || pair === '!=' || pair === '<=' || pair === '>=') return this.#take('operator', 2);
    if (pair === '=~') throw this.#error("unexpected character after '=': '~'");
    if (character === '<' || character === '>') return this.#take('operator', 1);
    if (character === '!')
      throw this.#error(`unexpected character after '!': ${quoteCharacter(this.#character(1))}`);
    if (character === '=' || character === ',' || character === '@') return this.#take('mark', 1);
    return this.#bracket(character);
  }

  #bracket(character: string): Token {
    if (character === '(') this.#parentheses += 1;
    else if (character === ')') this.#parentheses -= 1;
    else if (character === '{') this.#inBraces = true;
    else if (character === '[') {
      this.#inBrackets = true;
      this.#colonSeen = false;
    } else if (character === ']') {
      if (!this.#inBrackets) throw this.#error("unexpected right bracket ']'");
      this.#inBrackets = false;
    } else throw this.#error(`unexpected character: ${quoteCharacter(character)}`);
    if (this.#parentheses > maximalNesting)
      throw this.#error(`more than ${String(maximalNesting)} nested parentheses`);
    const token = this.#take('mark', 1);
    if (this.#parentheses < 0) throw this.#error("unexpected right parenthesis ')'");
    return token;
  }

  #word(absorbed: RegExp, kind?: Token['kind']): Token {
    let length = 1;
    while (absorbed.test(this.#text.charAt(this.#at + length))) length += 1;
    return this.#take(kind ?? kindOfWord(this.#text.slice(this.#at, this.#at + length)), length);
  }

  #string(): Token {
    const found = scanString(this.#text, this.#at);
    if ('fault' in found) throw this.#error(found.fault);
    return this.#take('string', found.end - this.#at);
  }

  #number(): Token {
    const found = scanNumber(this.#text, this.#at);
    const written = this.#text.slice(this.#at, found.end);
    if (found.kind === null) throw this.#error(`bad number or duration syntax: ${quoteText(written)}`);
    return this.#take(found.kind, written.length);
  }

  #take(kind: Token['kind'], length: number): Token {
    const from = this.#at;
    this.#at += length;
    return { kind, text: this.#text.slice(from, this.#at), from, to: this.#at };
  }

  /** The character `ahead` of the current one, whole even outside the basic plane; empty at the end. */
  #character(ahead = 0): string {
    const code = this.#text.codePointAt(this.#at + ahead);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #error(message: string): Error {
    const to = Math.min(this.#text.length, this.#at + 1);
    return parseError(this.#text, { from: this.#at, to }, message);
  }
}
