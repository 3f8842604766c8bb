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

/** The narrowest that a last column is broken to. */
const narrowest = 32;

/** The same, with the last column broken at spaces so that lines fit; beneath it go on what does not. */
export function fitted(rows: readonly (readonly string[])[], width: number): string[] {
  const before = rows.map((row) => row.slice(0, -1));
  const left = columns(before.map((row) => [...row, '']));
  const used = Math.max(0, ...columns(before.map((row) => [...row, '|'])).map((line) => shown(line) - 1));
  const room = Math.max(narrowest, width - used);
  return rows.flatMap((row, index) => {
    const [first = '', ...more] = wrapped(row.at(-1) ?? '', room, '');
    const head = left[index] ?? '';
    const line = first === '' ? head : pad(head, used) + first;
    return [line, ...more.map((rest) => ' '.repeat(used) + rest)];
  });
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
