const escapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** Text in quotes as Go's `%q` writes it: printable characters as they are, others as escapes. */
export function quoteText(text: string): string {
  return `"${Array.from(text, (c) => (c === '"' ? '\\"' : escapeCharacter(c))).join('')}"`;
}

/** One character in single quotes, as Go's `%q` writes it; the empty text, for the end of input, as a replacement sign. */
export function quoteCharacter(character: string): string {
  if (character === '') return "'\uFFFD'";
  return character === "'" ? "'\\''" : `'${escapeCharacter(character)}'`;
}

function escapeCharacter(character: string): string {
  const known = escapes[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  if (!/[\p{Z}\p{C}]/u.test(character) || character === ' ') return character;
  return code > 0xff_ff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}
