import { stripVTControlCharacters } from 'node:util';

/** How text is coloured, by whoever knows the terminal. */
export type Ink = Readonly<
  Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>
>;

/** Rows as lines with aligned columns, two spaces between; colours do not count. */
export function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, shown(cell));
  return rows.map((row) =>
    row
      .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - shown(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** Names and messages come from the world, and a terminal would obey the control characters in them. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{fffd}');
}

/** The text, cut with an ellipsis where it is longer. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function shown(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
