/**
 * Says that a word is not known, with the nearest known one, or all of them when there are few.
 *
 * @param what e.g. `unknown pack`
 */
export function unknownWord(what: string, written: string, known: readonly string[]): string {
  return `${what} ${written}${suggestion(written, known)}`;
}

/** `, did you mean hold_for?`, or `; known: a, b` when nothing is near and the list is short, or nothing. */
export function suggestion(written: string, known: readonly string[]): string {
  const near = nearest(written, known);
  if (near !== null) return `, did you mean ${near}?`;
  if (known.length === 0 || known.length > 20) return '';
  return `; known: ${known.join(', ')}`;
}

/** The known word with the fewest edits, if a slip of the fingers explains the difference. */
export function nearest(written: string, known: readonly string[]): string | null {
  if (written.length > 64) return null;
  let best: string | null = null;
  let fewest = Math.min(3, Math.max(1, Math.floor(written.length / 3))) + 1;
  for (const word of known) {
    const edits = distance(written.toLowerCase(), word.toLowerCase());
    if (edits < fewest) [best, fewest] = [word, edits];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, row) => [row]);
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  rows[0] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(row - 1, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let fewest = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, replaced);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) fewest = Math.min(fewest, at(row - 2, column - 2) + 1);
      rows[row]?.push(fewest);
    }
  }
  return at(a.length, b.length);
}
