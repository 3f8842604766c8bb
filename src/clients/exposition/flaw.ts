/** What is wrong with a piece of text, and where. Flaws are values: a malformed page is nothing unexpected. */
export interface Flaw {
  readonly problem: string;
  /** Offset in the text that was read, in UTF-16 units. */
  readonly at: number;
}

/** What is wrong with a page. Lines and columns count from 1. */
export interface PageFlaw {
  readonly problem: string;
  readonly line: number;
  readonly column: number;
}

/** A flaw as people read it. */
export function wordFlaw({ line, column, problem }: PageFlaw): string {
  return `line ${line}, column ${column}: ${problem}`;
}

/** A piece of a page as a message may repeat it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
