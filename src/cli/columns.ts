import { stripVTControlCharacters } from 'node:util';

/** Rows as lines with aligned columns, two spaces between; colours do not count. The last column is not padded. */
export function columns(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, shown(cell));
  return rows.map(
    (row) =>
      indent +
      row
        .map((cell, index) => pad(cell, widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
  );
}

/** The text broken at spaces to fit, each line behind its indentation. */
export function wrapped(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
      continue;
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - shown(cell)));
}

function shown(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
