/** What moves text about, hides it or ends a line: nothing that a name or a reason needs. */
const control = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/**
 * Text of the world as one line that any channel may show: control characters and those that turn the direction of
 * text become visible, and what is longer than `longest` characters is cut visibly.
 */
export function inertLine(text: string, longest: number): string {
  const shown = text
    .toWellFormed()
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(control, '\u{fffd}');
  if (shown.length <= longest) return shown;
  return `${shown
    .slice(0, longest)
    .toWellFormed()
    .replace(/\u{fffd}$/u, '')}… (cut)`;
}

/** The same for a text of several lines, of at most `longest` characters in all. */
export function inertLines(text: string, longest: number): string {
  const lines = text
    .split(/\r?\n/)
    .map((line) => inertLine(line, longest))
    .join('\n');
  return lines.length <= longest ? lines : `${lines.slice(0, longest).toWellFormed()}\n… (cut)`;
}
