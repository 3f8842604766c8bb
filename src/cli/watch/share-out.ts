/** A part of the screen that would like to show so many lines. */
export interface Wanted {
  /** The first one is its title. */
  readonly lines: readonly string[];
  /** Who is served first when there is too little room; 1 before 2. */
  readonly first: number;
  /** Which lines under the title stay when some have to go. */
  readonly end: 'keep-start' | 'keep-end';
}

/** What a part is worth showing at all: its title, a line, and how many more there are. */
const leastLines = 3;
/** Lines that the later parts leave for what goes by. */
const reserved = 4;

/** The parts one below the other with a line between them, in so many lines; who comes first by rank is cut last. */
export function shareOut(parts: readonly Wanted[], room: number): readonly string[] {
  const given = new Map<Wanted, number>();
  let left = room;
  const ranked = parts.filter(({ lines }) => lines.length > 0).toSorted((a, b) => a.first - b.first);
  for (const [index, part] of ranked.entries()) {
    const between = given.size === 0 ? 0 : 1;
    const kept = index < 2 && ranked.length > index + 1 ? Math.min(reserved, Math.floor(left / 3)) : 0;
    const lines = Math.min(part.lines.length, left - between - kept);
    if (lines < Math.min(leastLines, part.lines.length)) continue;
    given.set(part, lines);
    left -= lines + between;
  }
  // What later parts had no use for goes to those that were cut.
  for (const [part, lines] of given) {
    const more = Math.max(0, Math.min(part.lines.length - lines, left));
    given.set(part, lines + more);
    left -= more;
  }
  return parts
    .flatMap((part) => {
      const lines = given.get(part);
      return lines === undefined ? [] : [cut(part, lines)];
    })
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function cut({ lines, end }: Wanted, most: number): readonly string[] {
  const [title = '', ...rest] = lines;
  if (lines.length <= most) return lines;
  if (end === 'keep-end') return [title, ...rest.slice(rest.length - (most - 1))];
  const hidden = rest.length - (most - 2);
  return most < 2 ? [title] : [title, ...rest.slice(0, most - 2), `  … and ${hidden} more lines`];
}
