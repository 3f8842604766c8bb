import type { Scalar } from 'yaml';

/** Where a unit of a scalar's text stands in the file; an escape is longer than the unit it stands for. */
export interface UnitPlace {
  readonly from: number;
  readonly to: number;
}

/** The places of all units of a scalar's text, and one more for its end; null where they cannot be told exactly. */
export type ScalarMap = readonly UnitPlace[] | null;

interface Written {
  readonly unit: string;
  readonly at: number;
  readonly to: number;
}

/**
 * Finds every unit of a scalar's text in its file, whatever its style: plain, quoted with escapes, `|`, `>`.
 *
 * Folding and indentation only change white space, so the units between are found one after the other. White space
 * itself is taken to stand right behind what precedes it.
 */
export function mapScalar(source: string, node: Scalar): ScalarMap {
  const { range, value, type } = node;
  if (typeof value !== 'string' || range === undefined || range === null) return null;
  const [from, to] = range;
  const written = writtenUnits(source.slice(from, to), type);
  const places: UnitPlace[] = [];
  let next = 0;
  let end = from;
  for (const unit of value.split('')) {
    if (isBlank(unit)) {
      places.push({ from: end, to: end + 1 });
      continue;
    }
    const found = written[next];
    if (found?.unit !== unit) return null;
    end = from + found.to;
    places.push({ from: from + found.at, to: end });
    next += 1;
  }
  if (next !== written.length) return null;
  return [...places, { from: end, to: end + 1 }];
}

/** All that is not white space, decoded, with its place in the scalar's own text. */
function writtenUnits(text: string, type: Scalar['type']): readonly Written[] {
  switch (type) {
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED': {
      const header = text.indexOf('\n') + 1;
      return header === 0 ? [] : plainUnits(text, header, text.length);
    }
    case 'QUOTE_DOUBLE':
      return escapedUnits(text);
    case 'QUOTE_SINGLE':
      return quotedUnits(text);
    case 'PLAIN':
    case undefined:
      return plainUnits(text, 0, text.length);
  }
}

function plainUnits(text: string, from: number, to: number): Written[] {
  const units: Written[] = [];
  for (let at = from; at < to; at += 1) {
    const unit = text[at] ?? '';
    if (!isBlank(unit)) units.push({ unit, at, to: at + 1 });
  }
  return units;
}

/** Inside of single quotes `''` is one. */
function quotedUnits(text: string): Written[] {
  const units: Written[] = [];
  for (let at = 1; at < text.length - 1; at += 1) {
    const unit = text[at] ?? '';
    const length = unit === "'" && text[at + 1] === "'" ? 2 : 1;
    if (!isBlank(unit)) units.push({ unit, at, to: at + length });
    at += length - 1;
  }
  return units;
}

const named: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};
const digits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function escapedUnits(text: string): Written[] {
  const units: Written[] = [];
  for (let at = 1; at < text.length - 1; at += 1) {
    const unit = text[at] ?? '';
    if (unit !== '\\') {
      if (!isBlank(unit)) units.push({ unit, at, to: at + 1 });
      continue;
    }
    const letter = text[at + 1] ?? '';
    const length = digits[letter] ?? 0;
    const decoded = length === 0 ? (named[letter] ?? letter) : codePoint(text.slice(at + 2, at + 2 + length));
    for (const one of decoded.split(''))
      if (!isBlank(one)) units.push({ unit: one, at, to: at + 2 + length });
    at += 1 + length;
  }
  return units;
}

function codePoint(hex: string): string {
  const code = Number.parseInt(hex, 16);
  return code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

function isBlank(unit: string): boolean {
  return unit === ' ' || unit === '\n' || unit === '\t' || unit === '\r';
}
