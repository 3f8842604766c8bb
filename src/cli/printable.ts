/**
 * A view with every control character of its texts made visible: names and messages come from the world, and a
 * terminal would obey them.
 */
export function printable<T>(view: T): T {
  if (typeof view === 'string') return view.replace(/\p{Cc}/gu, '\u{fffd}') as T;
  if (Array.isArray(view)) return view.map((item) => printable<unknown>(item)) as T;
  if (view === null || typeof view !== 'object') return view;
  return Object.fromEntries(
    Object.entries(view).map(([key, member]) => [key, printable<unknown>(member)]),
  ) as T;
}

/** A text of several lines, each made visible by itself. */
export function printableLines(text: string): readonly string[] {
  return text.split('\n').map((line) => printable(line));
}
