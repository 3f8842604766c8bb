const cutMark = '… (cut)';
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Ends a line, or moves along it. */
const breaks = /[\s\p{Zl}\p{Zp}\u0085]+/gu;
/** Hidden, or moving other text about. A joiner between two pictographs is part of an emoji. */
const hidden =
  /(?!(?<=\p{Extended_Pictographic}|\ufe0f|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic}))[\p{Cc}\p{Cf}\u115f\u1160\u3164\uffa0\u2800]/gu;
/** More marks on one letter than any language has. */
const piledMarks = /(\p{M}{4})\p{M}+/gu;
const rightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/**
 * Text of the world as one line that Slack shows as it is: control characters, invisible ones and those that turn the
 * direction of text are made visible, text that runs from right to left is kept to itself, and Slack's three control
 * characters are escaped.
 *
 * @param longest in UTF-16 units of what is returned, 10 or more; what is longer is cut visibly, between two graphemes
 */
export function plain(text: string, longest: number): string {
  // Nothing behind this can be shown, and the expressions below are to be cheap on any input.
  const head = text.slice(0, longest * 4 + 4).toWellFormed();
  const shown = head.replace(breaks, ' ').trim().replace(hidden, '\u{fffd}').replace(piledMarks, '$1');
  // Slack refuses a message in which a text is empty.
  if (shown === '' && text.length <= head.length) return '(empty)';
  const turned = rightToLeft.test(shown);
  const room = turned ? longest - 2 : longest;
  const fitting = cut(shown, room, head.length < text.length);
  return turned ? `\u2068${fitting}\u2069` : fitting;
}

/** Slack's own control characters; see "Escaping text" in its reference. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function cut(text: string, longest: number, more: boolean): string {
  const whole = escaped(text);
  if (!more && whole.length <= longest) return whole;
  const room = longest - cutMark.length;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    const next = escaped(segment);
    if (kept.length + next.length > room) break;
    kept += next;
  }
  return `${kept.trimEnd()}${cutMark}`;
}

/**
 * The same for a text in which Slack reads markup, such as that of a notification: the characters that would make text
 * bold, code, struck out or an emoji are replaced by ones that look like them.
 *
 * @param line already `plain`
 */
export function withoutMarkup(line: string): string {
  return line
    .replaceAll('*', '∗')
    .replaceAll('`', 'ˋ')
    .replaceAll('~', '∼')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, 'ˍ')
    .replace(/:(?=[\w+'-]+:)/g, '∶');
}
