import { outsideProblem, type FileRoots } from '../../clients/files/held-folder.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Unknown } from '../../domain/reading.ts';
import { formatDuration } from '../../domain/time.ts';
import { appendedTo, type Mark } from './log-tail.ts';

/** What is counted of a file. */
export interface FileLines {
  readonly path: string;
  readonly match: string;
  readonly withinMs: number;
}

/** What is known of one file and pattern. */
interface Watched {
  readonly mark: Mark;
  /** Since when every line was seen. */
  readonly since: number;
  /** How many lines matched, by the instant at which they were seen first. */
  readonly seen: readonly { readonly at: number; readonly lines: number }[];
}

export type Counted =
  | { readonly kind: 'value'; readonly value: number; readonly detail: string }
  | { readonly kind: 'unknown'; readonly why: Unknown; readonly detail: string };

/** Files that are remembered. */
const mostFiles = 256;

/**
 * Counts lines of files of the host as they are written. A file says not when a line was written, so that only what was
 * watched counts: until that is as long as the time that is asked for, there is no count.
 */
export class LogFiles {
  readonly #files: FileRoots;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Watched>();
  readonly #matching: (text: string, match: string, signal: AbortSignal) => Promise<number>;

  constructor(parts: {
    readonly files: FileRoots;
    readonly clock: Clock;
    readonly matching: (text: string, match: string, signal: AbortSignal) => Promise<number>;
  }) {
    this.#files = parts.files;
    this.#clock = parts.clock;
    this.#matching = parts.matching;
  }

  async count({ path, match, withinMs }: FileLines, signal: AbortSignal): Promise<Counted> {
    const key = JSON.stringify([path, match, withinMs]);
    const before = this.#watched.get(key) ?? null;
    const at = this.#clock.now();
    if (outsideProblem(path, this.#files) !== null)
      return unknown('error', `${path} is not inside file_roots; logs are read there only`);
    try {
      const { mark, text, gap } = await appendedTo(path, before?.mark ?? null, this.#files);
      const lines = text === '' ? 0 : await this.#matching(text, match, signal);
      const known = before ?? { since: at, seen: [] };
      const seen = [...known.seen, { at, lines }].filter((one) => one.lines > 0 && one.at > at - withinMs);
      const watched = { mark, since: gap === null ? known.since : at, seen };
      this.#remember(key, watched);
      return this.#judge({ path, match, withinMs }, watched, gap);
    } catch (error) {
      if (error instanceof RollbackError && error.code === 'NOT_FOUND')
        return unknown('no_data', messageOf(error));
      return unknown('error', messageOf(error));
    }
  }

  #judge({ path, withinMs }: FileLines, { since, seen }: Watched, gap: string | null): Counted {
    const value = seen.reduce((sum, { lines }) => sum + lines, 0);
    const watchedMs = this.#clock.now() - since;
    const within = formatDuration(withinMs);
    if (watchedMs < withinMs) {
      const why = gap ?? `${path} has been watched for ${formatDuration(watchedMs)} of ${within}`;
      return unknown('insufficient', `${why}; ${wordLines(value)} so far`);
    }
    return { kind: 'value', value, detail: `${wordLines(value)} of ${path} within ${within}` };
  }

  #remember(key: string, watched: Watched): void {
    this.#watched.delete(key);
    this.#watched.set(key, watched);
    for (const [oldest] of this.#watched) if (this.#watched.size > mostFiles) this.#watched.delete(oldest);
  }
}

function wordLines(count: number): string {
  return count === 1 ? '1 line' : `${count} lines`;
}

function unknown(why: Unknown, detail: string): Counted {
  return { kind: 'unknown', why, detail };
}
