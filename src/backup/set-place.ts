import type { Readable, Writable } from 'node:stream';

/** Where sets lie: a local folder, or any other store of files. It knows nothing of what is in them. */
export interface SetPlace {
  /** For people. */
  readonly shown: string;
  /** Ids of what was published, in no order. */
  ids(): Promise<readonly string[]>;
  /** A small text of a set; null when it is not there. */
  read(id: string, file: string): Promise<string | null>;
  /** Replaces a small text of a published set in one step. */
  write(id: string, file: string, text: string): Promise<void>;
  /** A set that nobody sees until it is published. */
  draft(id: string): Promise<Draft>;
  /** A file of a published set, and how large it is. */
  open(id: string, file: string): Promise<StoredFile>;
  remove(id: string): Promise<void>;
  /** Removes what attempts left that ended without publishing; none of those under way. @returns what went */
  sweep(underWay: ReadonlySet<string>): Promise<readonly string[]>;
  /** Bytes that can still be written; null where there is no end. */
  free(): Promise<number | null>;
}

export interface StoredFile {
  readonly stream: Readable;
  readonly bytes: number;
}

/** A set being made. */
export interface Draft {
  /** What is written into it is durable once it has ended. */
  sink(file: string): Promise<Writable>;
  open(file: string): Promise<StoredFile>;
  write(file: string, text: string): Promise<void>;
  /** Shows it, and writes the manifest as the last thing and in one step. */
  publish(manifest: string): Promise<void>;
  /** Removes all of it. */
  discard(): Promise<void>;
}

/** The file that makes a folder a set. */
export const manifestFile = 'manifest.json';
/** What came of the last reading. */
export const verdictFile = 'verdict.json';

/** Whether this is the name of a set: `b-20261121-043000-x7k2`. */
export function isSetId(name: string): boolean {
  return /^b-\d{8}-\d{6}-[0-9a-z]{4}$/.test(name);
}
