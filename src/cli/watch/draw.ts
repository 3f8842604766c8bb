/** Begins and ends an update that terminals which know of it show at once. */
const begin = '\u001b[?2026h\u001b[?25l';
const end = '\u001b[?2026l';

/**
 * What makes the lines that are on the screen the lines that should be: only those that differ are written, in one
 * piece.
 *
 * @param before null: nothing is known of what is there
 * @returns empty when there is nothing to do
 */
export function redrawn(before: readonly string[] | null, lines: readonly string[]): string {
  const changed = lines.flatMap((line, index) =>
    before !== null && before[index] === line ? [] : [`\u001b[${index + 1};1H${line}\u001b[0m\u001b[K`],
  );
  if (changed.length === 0) return '';
  return `${begin}${before === null ? '\u001b[2J' : ''}${changed.join('')}${end}`;
}
