import type { Line, List, Monospaced, Piece, PlainText } from './blocks.ts';
import { plain } from './plain.ts';

/** Words of our own, in which nothing is data. */
export function said(text: string): Piece {
  return { type: 'text', text };
}

/** Data, at most so long. */
export function data(text: string, longest: number): Piece {
  return { type: 'text', text: plain(text, longest) };
}

/** Something to type, or a picture of characters: all of the same width. */
export function code(text: string, longest: number): Piece {
  return { type: 'text', text: plain(text, longest), style: { code: true } };
}

export function bold(text: string, longest = 200): Piece {
  return { type: 'text', text: plain(text, longest), style: { bold: true } };
}

/** `today at 12:00:00 (3 minutes ago)`, kept up by Slack, in the reader's time zone. */
export function sinceThen(at: number): Piece {
  return date(at, '{date_short_pretty} at {time_secs} ({ago})');
}

/** `today at 12:00:00`. */
export function instant(at: number): Piece {
  return date(at, '{date_short_pretty} at {time_secs}');
}

function date(at: number, format: string): Piece {
  return { type: 'date', timestamp: Math.floor(at / 1000), format, fallback: utc(at) };
}

/** `2026-01-05 12:15:00 UTC`. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `2026-01-05 12:15 UTC`, for texts in which Slack could take `:15:` for an emoji. */
export function utcMinute(at: number): string {
  return utc(at).replace(/:\d\d UTC$/, ' UTC');
}

/** A line of its own. */
export function line(...pieces: readonly Piece[]): Line {
  return { type: 'rich_text_section', elements: [...pieces, said('\n')] };
}

/** `Since: today at 12:00`. */
export function labelled(label: string, ...pieces: readonly Piece[]): Line {
  return line(bold(`${label}:`), said(' '), ...pieces);
}

/** Characters that the items of a list may have together: Slack takes 3,000 in a block. */
const longestList = 2_500;

/** At most `most` items; how many are left out is said. */
export function list(style: List['style'], items: readonly (readonly Piece[])[], most: number): List {
  const shown: (readonly Piece[])[] = [];
  let room = longestList;
  for (const item of items.slice(0, most)) {
    room -= lengthOf(item);
    if (room < 0) break;
    shown.push(item);
  }
  const left = items.length - shown.length;
  const rest = left === 0 ? [] : [[said(`… and ${left} more (cut)`)]];
  return {
    type: 'rich_text_list',
    style,
    elements: [...shown, ...rest].map((elements) => ({ type: 'rich_text_section', elements })),
  };
}

function lengthOf(pieces: readonly Piece[]): number {
  const lengths = pieces.map((piece) => ('text' in piece ? piece.text.length : 40));
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** Lines in characters of the same width. */
export function monospaced(lines: readonly string[], longest: number): Monospaced {
  const text = lines.map((text) => plainColumns(text, longest)).join('\n');
  return { type: 'rich_text_preformatted', elements: [{ type: 'text', text }] };
}

/** Runs of blanks are columns here. */
function plainColumns(text: string, longest: number): string {
  return text
    .split(/( {2,})/)
    .map((part) => (/^ +$/.test(part) ? part : plain(part, longest)))
    .join('');
}

export function plainText(text: string, longest: number): PlainText {
  return { type: 'plain_text', text: plain(text, longest), emoji: false };
}
