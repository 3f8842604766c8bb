/** Where a string ends, or what is wrong with it. */
export type ScannedString = { readonly end: number } | { readonly fault: string };

const simple: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
};

/** Finds the end of the string that starts with a quote at `from`, and checks its escapes as Go does. */
export function scanString(text: string, from: number): ScannedString {
  const quote = text.charAt(from);
  if (quote === '`') {
    const end = text.indexOf('`', from + 1);
    return end === -1 ? { fault: 'unterminated raw string' } : { end: end + 1 };
  }
  let at = from + 1;
  for (;;) {
    const character = text.charAt(at);
    if (character === '' || character === '\n') return { fault: 'unterminated quoted string' };
    if (character === quote) return { end: at + 1 };
    if (character === '\\') {
      const escape = readEscape(text, at + 1, quote);
      if ('fault' in escape) return escape;
      at = escape.end;
    } else at += 1;
  }
}

/** The value of a string that `scanString` accepted, its quotes included. Bytes that are no UTF-8 become U+FFFD. */
export function valueOfString(written: string): string {
  const quote = written.charAt(0);
  const body = written.slice(1, -1);
  if (quote === '`' || !body.includes('\\')) return body;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 0; at < body.length;) {
    if (body.charAt(at) !== '\\') {
      const character = String.fromCodePoint(body.codePointAt(at) ?? 0);
      bytes.push(...encoder.encode(character));
      at += character.length;
      continue;
    }
    const escape = readEscape(body, at + 1, quote);
    if ('fault' in escape) return body;
    if (escape.isByte) bytes.push(escape.code);
    else bytes.push(...encoder.encode(String.fromCodePoint(escape.code)));
    at = escape.end;
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

type Escape =
  { readonly end: number; readonly code: number; readonly isByte: boolean } | { readonly fault: string };

/** `at` is behind the backslash. */
function readEscape(text: string, at: number, quote: string): Escape {
  const character = text.charAt(at);
  if (character === '') return { fault: 'escape sequence not terminated' };
  const code = simple[character] ?? (character === quote ? quote.charCodeAt(0) : undefined);
  if (code !== undefined) return { end: at + 1, code, isByte: true };
  if (/[0-7]/.test(character)) return readDigits(text, at, 3, 8);
  if (character === 'x') return readDigits(text, at + 1, 2, 16);
  if (character === 'u') return readDigits(text, at + 1, 4, 16);
  if (character === 'U') return readDigits(text, at + 1, 8, 16);
  return { fault: `unknown escape sequence ${describe(text, at)}` };
}

function readDigits(text: string, from: number, count: number, base: number): Escape {
  let code = 0;
  for (let at = from; at < from + count; at += 1) {
    const character = text.charAt(at);
    if (character === '') return { fault: 'escape sequence not terminated' };
    const digit = /[0-9a-fA-F]/.test(character) ? Number.parseInt(character, 16) : 16;
    if (digit >= base) return { fault: `illegal character ${describe(text, at)} in escape sequence` };
    code = code * base + digit;
  }
  const isByte = count < 4;
  if (code > (isByte ? 0xff : 0x10_ff_ff) || (code >= 0xd8_00 && code < 0xe0_00))
    return { fault: 'escape sequence is an invalid Unicode code point' };
  return { end: from + count, code, isByte };
}

function describe(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(code)}'`;
}
