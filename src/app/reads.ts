import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { readTextFile, type ReadFile } from '../config/read-text.ts';

/**
 * Everything that one look at a configuration read: main file, packs, secrets, and what was asked for and is not there.
 *
 * Of each file a mark (its inode, size and times) is taken before the content is read: should it change in between, the
 * mark is the older one and the change is noticed at the next look.
 */
export class Reads {
  readonly #marks = new Map<string, string>();
  readonly #contents = new Map<string, string>();

  readonly readFile: ReadFile = async (path) => {
    this.#marks.set(path, await markOf(path));
    try {
      const text = await readTextFile(path);
      this.#contents.set(path, createHash('sha256').update(text).digest('hex'));
      return text;
    } catch (error) {
      this.#contents.set(path, `cannot be read: ${codeOf(error)}`);
      throw error;
    }
  };

  /** Tells two contents apart; the same content in other files' places is another one. */
  content(): string {
    return summary(this.#contents);
  }

  /** Whether the files are still the ones that were read. Cheap: nothing is opened. */
  marks(): string {
    return summary(this.#marks);
  }

  /** The marks of the same files now. */
  async marksNow(): Promise<string> {
    const now = await Promise.all(
      [...this.#marks.keys()].map(async (path) => [path, await markOf(path)] as const),
    );
    return summary(new Map(now));
  }
}

function summary(parts: ReadonlyMap<string, string>): string {
  return [...parts]
    .map(([path, part]) => `${path}\0${part}`)
    .toSorted()
    .join('\n');
}

/** Links are followed: a folder behind a link that is swapped shows as other files. */
async function markOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no file';
}
