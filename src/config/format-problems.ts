import type { Problem } from '../domain/configuration.ts';

/**
 * One line a problem, by file and line, in columns: `rules/shop.yaml:6:3   rules.errors.evry  unknown key, did you
 * mean every?`. Control characters are shown as escapes, so that a file cannot write to the terminal.
 */
export function formatProblems(problems: readonly Problem[]): string {
  const rows = problems
    .toSorted(byPosition)
    .map(({ file, line, column, path, message }) =>
      [`${file}:${line}:${column}`, path, message].map((cell) => cell.replaceAll(/\p{Cc}/gu, escaped)),
    );
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([where = '', path = '', message = '']) => {
      const place = where.padEnd(widths[0] ?? 0);
      return widths[1] === 0
        ? `${place}  ${message}`
        : `${place}  ${path.padEnd(widths[1] ?? 0)}  ${message}`;
    })
    .join('\n');
}

function byPosition(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
