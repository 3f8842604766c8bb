/**
 * A view with every character of its texts made visible that would control the terminal, or turn the direction of what
 * stands around it: names and messages come from the world, and a terminal would obey them.
 */
export function printable<T>(view: T): T {
  if (typeof view === 'string') return view.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\u{fffd}') as T;
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
