/** How wide text is on a terminal, and how it is cut: in cells, of which wide characters and emoji take two. */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
// eslint-disable-next-line no-control-regex -- the escape sequences of our own colours
const style = /\u001b\[[\d;]*m/;

/** East Asian Wide and Fullwidth (Unicode UAX #11), the emoji apart. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];

/** Cells that the text takes; colours take none. */
export function cellsOf(text: string): number {
  let cells = 0;
  for (const { segment } of segmenter.segment(withoutStyle(text))) cells += cellsOfOne(segment);
  return cells;
}

/** The text in at most so many cells, with an ellipsis where something is missing; colours end where it is cut. */
export function fit(text: string, width: number): string {
  if (cellsOf(text) <= width) return text;
  if (width <= 0) return '';
  let shown = '';
  let cells = 0;
  let styled = false;
  for (const part of text.split(new RegExp(`(${style.source})`))) {
    if (style.test(part)) {
      shown += part;
      styled = part !== '\u001b[0m';
      continue;
    }
    for (const { segment } of segmenter.segment(part)) {
      const own = cellsOfOne(segment);
      if (cells + own > width - 1) return `${shown}…${styled ? '\u001b[0m' : ''}`;
      shown += segment;
      cells += own;
    }
  }
  return shown;
}

/** The text with spaces behind it, up to so many cells; cut where it is longer. */
export function padded(text: string, width: number): string {
  const cut = fit(text, width);
  return cut + ' '.repeat(Math.max(0, width - cellsOf(cut)));
}

/** Without the colours. */
export function withoutStyle(text: string): string {
  return text.replace(new RegExp(style.source, 'g'), '');
}

function cellsOfOne(grapheme: string): number {
  const point = grapheme.codePointAt(0) ?? 0;
  if (point < 0x300) return point < 0x20 || (point >= 0x7f && point < 0xa0) ? 0 : 1;
  if (/^[\p{Mn}\p{Me}\p{Cf}]/u.test(grapheme)) return 0;
  if (/\p{Emoji_Presentation}|\u{fe0f}/u.test(grapheme)) return 2;
  return wide.some(([from, to]) => point >= from && point <= to) ? 2 : 1;
}
