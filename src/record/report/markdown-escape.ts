/** What is shown of characters that would steer the reader's program or turn the direction of the text. */
const unsafe = /[\p{Cc}\p{Bidi_Control}\u{2028}\u{2029}]/gu;

/**
 * Text from outside as Markdown that only shows it: no emphasis, link, image, table cell, HTML, mention, reference,
 * formula or start of a block can come of it. One line.
 */
export function inert(text: string): string {
  const line = oneLine(text).replace(/[\\`*_[\]|~$^]/g, String.raw`\$&`);
  return (
    line
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // Before entities bring numbers of their own.
      .replace(/(#|\bGH-)(?=\d)/gi, '$1<!-- -->')
      .replace(/:(?=\/\/)/g, '&#58;')
      .replace(/\bwww\./gi, (start) => `${start.slice(0, 3)}&#46;`)
      .replace(/@(?=\w)/g, '@<!-- -->')
      .replace(/:(?=(?:[a-z+-][\w+-]*|100|1234):)/gi, '&#58;')
      .replace(/^(?:[-+#=]|\d+(?=[.)] ))/, blockStart)
  );
}

/** As it is, between backticks that it cannot close. */
export function codeSpan(text: string): string {
  const line = oneLine(text);
  if (line === '') return '';
  const fence = '`'.repeat(longestRun(line) + 1);
  const room = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${room}${line}${room}${fence}`;
}

/** Lines as they are, between fences that they cannot close. */
export function codeBlock(lines: readonly string[]): readonly string[] {
  const shown = lines.map((line) => line.replaceAll('\t', '    ').replace(unsafe, '\u{fffd}'));
  const fence = '`'.repeat(Math.max(3, longestRun(shown.join('\n')) + 1));
  return [`${fence}text`, ...shown, fence];
}

/** In a cell, a bar ends it even between backticks. */
export function inCell(markdown: string): string {
  return markdown.replace(/(\\*)\|/g, (bar, { length }: string) => (length % 2 === 0 ? `\\${bar}` : bar));
}

function oneLine(text: string): string {
  return text
    .replace(/[\n\r\t ]+/g, ' ')
    .replace(unsafe, '\u{fffd}')
    .trim();
}

function blockStart(start: string): string {
  // A digit cannot be escaped; the space after a number and a dot is what makes a list.
  return /\d/.test(start) ? `${start}<!-- -->` : `\\${start}`;
}

function longestRun(text: string): number {
  return [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 0);
}
