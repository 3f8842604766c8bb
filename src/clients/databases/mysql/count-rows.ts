import { Transform, type TransformCallback } from 'node:stream';
import { RowSum } from './row-sum.ts';

const quote = 0x27;
const backslash = 0x5c;
const newline = 0x0a;
const open = 0x28;
const close = 0x29;
const semicolon = 0x3b;

/** How the tool says that a dump is whole. */
const completed = '-- Dump completed';
/** Longer than the names of a table's columns ever are; nothing else is looked at so far. */
const mostHead = 64 * 1024;

/**
 * Lets a dump through, and counts and digests the rows of each table in it: so that is of the very copy, whatever is
 * written to the server meanwhile.
 *
 * Data of a dump stands in `INSERT INTO` statements, whose strings hold no newline as such. Between statements only the
 * beginnings of lines are looked at.
 */
export class RowCounter extends Transform {
  readonly #tables = new Map<string, RowSum>();
  #head = '';
  #table: string | null = null;
  #depth = 0;
  #inString = false;
  /** In the body of a routine, which may insert rows itself. */
  #inBody = false;
  #escaped = false;
  /** Where the next backslash of this chunk is, of those that were looked for; -1: there is none any more. */
  #escapeAt = 0;
  #last = '';

  /** Rows by table, also of tables without any. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#sorted().map(([table, { rows }]) => [table, rows]));
  }

  /** Digests of the rows by table, whatever their order. */
  get digests(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#sorted().map(([table, { digest }]) => [table, digest]));
  }

  /** Whether the tool wrote its last line: what was cut off has none. */
  get complete(): boolean {
    return this.#last.startsWith(completed) || this.#head.startsWith(completed);
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    let at = 0;
    this.#escapeAt = chunk.indexOf(backslash);
    while (at < chunk.length) at = this.#table === null ? this.#line(chunk, at) : this.#values(chunk, at);
    done(null, chunk);
  }

  /** Reads up to the end of a line, or to where the values of an INSERT begin. */
  #line(chunk: Buffer, from: number): number {
    const end = chunk.indexOf(newline, from);
    const to = end === -1 ? chunk.length : end;
    const taken = chunk.subarray(from, Math.min(to, from + mostHead - this.#head.length));
    this.#head += taken.toString('latin1');
    const insert = this.#inBody
      ? null
      : /^INSERT INTO `((?:[^`]|``)+)` (?:\([^)]*\) )?VALUES/.exec(this.#head);
    if (insert?.[1] !== undefined) {
      const used = insert[0].length - (this.#head.length - taken.length);
      this.#table = nameIn(insert[1]);
      this.#head = '';
      return from + Math.max(0, used);
    }
    if (end === -1) return chunk.length;
    if (this.#head.startsWith('DELIMITER ')) this.#inBody = this.#head.trim() !== 'DELIMITER ;';
    const made = this.#inBody
      ? undefined
      : /^CREATE TABLE (?:IF NOT EXISTS )?`((?:[^`]|``)+)` \(/.exec(this.#head)?.[1];
    if (made !== undefined) this.#sumOf(nameIn(made));
    if (this.#head !== '') this.#last = this.#head;
    this.#head = '';
    return end + 1;
  }

  #values(chunk: Buffer, from: number): number {
    let at = from;
    const sum = this.#sumOf(this.#table ?? '');
    // Where the row that is being read begins in this chunk.
    let row = from;
    for (; at < chunk.length; at += 1) {
      if (this.#inString) {
        at = this.#string(chunk, at);
        continue;
      }
      const byte = chunk[at];
      if (byte === quote) this.#inString = true;
      else if (byte === open) {
        if (this.#depth === 0) row = at;
        this.#depth += 1;
      } else if (byte === close) {
        this.#depth -= 1;
        if (this.#depth === 0) sum.end(chunk.subarray(row, at + 1));
      } else if (byte === semicolon && this.#depth === 0) {
        this.#table = null;
        return at + 1;
      }
    }
    if (this.#depth > 0) sum.begin(chunk.subarray(row));
    return at;
  }

  /**
   * Most of a dump is in strings, so they are leapt over rather than read byte by byte.
   *
   * @returns where the string ends, or the last byte of the chunk where it goes on
   */
  #string(chunk: Buffer, from: number): number {
    let at = this.#escaped ? from + 1 : from;
    this.#escaped = false;
    let escape = this.#escapeFrom(chunk, at);
    let end = chunk.indexOf(quote, at);
    while (escape !== -1 && (end === -1 || escape < end)) {
      at = escape + 2;
      // The escaped byte is the first of the next chunk.
      this.#escaped = at > chunk.length;
      if (end !== -1 && end < at) end = chunk.indexOf(quote, at);
      escape = this.#escapeFrom(chunk, at);
    }
    this.#inString = end === -1;
    return end === -1 ? chunk.length - 1 : end;
  }

  /** Looked for once, not once for each string: most strings have none, and all of the chunk would be read each time. */
  #escapeFrom(chunk: Buffer, at: number): number {
    if (this.#escapeAt !== -1 && this.#escapeAt < at) this.#escapeAt = chunk.indexOf(backslash, at);
    return this.#escapeAt;
  }

  #sumOf(table: string): RowSum {
    const found = this.#tables.get(table) ?? new RowSum();
    this.#tables.set(table, found);
    return found;
  }

  #sorted(): readonly (readonly [string, RowSum])[] {
    return [...this.#tables].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** Bytes were taken one by one, so that no character is cut in two. */
function nameIn(latin: string): string {
  return Buffer.from(latin, 'latin1').toString('utf8').replaceAll('``', '`');
}
