/** What starts at a digit or a dot: its kind, null if it is neither, and where reading it stopped. */
export interface ScannedNumber {
  readonly kind: 'number' | 'duration' | null;
  readonly end: number;
}

/** Reads a number or a duration exactly as far as Prometheus' lexer does; whether its value makes sense is seen later. */
export function scanNumber(text: string, from: number): ScannedNumber {
  const reader = new Reader(text, from);
  if (readNumber(reader)) return { kind: 'number', end: reader.at };
  const isDuration = readUnits(reader);
  return { kind: isDuration ? 'duration' : null, end: reader.at };
}

class Reader {
  at: number;
  readonly #text: string;

  constructor(text: string, from: number) {
    this.#text = text;
    this.at = from;
  }

  sees(set: string): boolean {
    const character = this.#text.charAt(this.at);
    return character !== '' && set.includes(character);
  }

  accepts(set: string): boolean {
    const seen = this.sees(set);
    if (seen) this.at += 1;
    return seen;
  }

  ended(): boolean {
    return this.at >= this.#text.length;
  }
}

const decimal = '0123456789';
const wordCharacters = `${decimal}abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_`;

function readNumber(reader: Reader): boolean {
  const hexadecimal = reader.accepts('0') && reader.accepts('xX');
  if (hexadecimal) reader.accepts('_');
  const digits = hexadecimal ? `${decimal}abcdefABCDEF` : decimal;
  reader.accepts('.');
  reader.accepts(digits);
  const seen = { dot: false, exponent: false };
  while (reader.sees(`${digits}._eE`)) {
    if (!readPart(reader, digits, seen)) return false;
  }
  return !reader.sees(wordCharacters);
}

function readPart(reader: Reader, digits: string, seen: { dot: boolean; exponent: boolean }): boolean {
  if (reader.accepts('.')) {
    if (seen.dot) return false;
    seen.dot = true;
    return !reader.accepts('_.') && digits === decimal;
  }
  if (reader.accepts('eE')) {
    if (seen.exponent) return false;
    seen.exponent = true;
    reader.accepts('+-');
    return !reader.accepts('._eE') && !reader.ended();
  }
  if (reader.accepts('_')) return !reader.accepts('._eE') && !reader.ended();
  while (reader.accepts(digits));
  return true;
}

function readUnits(reader: Reader): boolean {
  if (!reader.accepts('smhdwy')) return false;
  reader.accepts('s');
  while (reader.accepts(decimal)) {
    while (reader.accepts(decimal));
    if (!reader.accepts('smhdw')) return false;
    reader.accepts('s');
  }
  return !reader.accepts(wordCharacters);
}
