import type { Readable, Writable } from 'node:stream';
import type { BackupFacts, BackupPart, BackupPartKind, BackupSet, BackupVerdict } from '../backup.ts';

/**
 * Copies one kind of thing into a stream, and back. It knows nothing of sets, compression or encryption.
 *
 * Everything rejects with `RollbackError`s. Credentials travel in environments or files of mode 0600, never in arguments.
 */
export interface Archivist {
  readonly kind: BackupPartKind;
  /** Whether it is the one for this name, e.g. for data stores of its kind. */
  handles(name: string): boolean;
  /** Everything that can be known to be wrong before anything is copied, and about how large it is. Changes nothing. */
  examine(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly problems: readonly string[]; readonly bytes: number | null }>;
  /** Writes one consistent copy into `sink` and ends it. */
  dump(name: string, sink: Writable, signal: AbortSignal): Promise<BackupFacts>;
  /** Why a copy with these facts cannot be restored here, e.g. a server that is too old. Changes nothing. */
  whyNotHere(name: string, facts: BackupFacts, signal: AbortSignal): Promise<string | null>;
  /**
   * Restores into a thing of its own beside the one in use, made for it; a repeat with the same `scratch` starts over.
   * Resolves to what was counted there, to be compared with the facts of the copy.
   */
  restoreBeside(name: string, source: Readable, scratch: string, signal: AbortSignal): Promise<BackupFacts>;
  /**
   * Makes what was restored the one in use; the one before stays as `keepAs` until `drop`. Reads where it stands before
   * each call, so that a repeat finishes what was begun.
   */
  switchTo(name: string, scratch: string, keepAs: string, signal: AbortSignal): Promise<void>;
  /** How far a switch came. */
  switched(
    name: string,
    scratch: string,
    keepAs: string,
    signal: AbortSignal,
  ): Promise<'done' | 'partial' | 'not_done'>;
  /** Removes a scratch or kept thing; one that is not there is removed already. */
  drop(name: string, which: string, signal: AbortSignal): Promise<void>;
}

/** Hears how far a long copy is: bytes so far, of about so many. */
export type BackupProgress = (part: {
  readonly name: string;
  readonly bytes: number;
  readonly of: number | null;
}) => void;

/** What a set belongs to. */
export interface BackupOccasion {
  readonly target: string | null;
  readonly incident: string | null;
  readonly release: string | null;
  /** The effect that makes it: a set with this key that is there is the one that it made. */
  readonly key: string | null;
}

/** The backup sets. */
export interface Backups {
  /** Everything that would keep a set of this recipe from being made. */
  examine(recipe: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Makes a set, and reads it again. What a failed attempt left is removed.
   *
   * @throws RollbackError when a part cannot be copied, is implausibly small, or does not read back
   */
  create(
    recipe: string,
    occasion: BackupOccasion,
    progress: BackupProgress,
    signal: AbortSignal,
  ): Promise<BackupSet>;
  /** Newest first. */
  list(): Promise<readonly BackupSet[]>;
  find(id: string): Promise<BackupSet | null>;
  /** The set that an effect made, if it did. */
  madeBy(key: string): Promise<BackupSet | null>;
  /** The newest set of an incident that holds this part, and was read back. */
  ofIncident(incident: string, kind: BackupPartKind, name: string): Promise<BackupSet | null>;
  verify(
    id: string,
    how: BackupVerdict['by'],
    progress: BackupProgress,
    signal: AbortSignal,
  ): Promise<BackupVerdict>;
  /**
   * What a part holds, decrypted and decompressed; its checksums are checked while it is read, and the stream fails at its
   * end where they differ: nothing that follows from it may be put to use before the end.
   */
  open(set: BackupSet, part: BackupPart, signal: AbortSignal): Promise<Readable>;
  /** Removes what is past retention; never the newest verified set of a recipe, and none of an incident that is open. */
  prune(signal: AbortSignal): Promise<readonly string[]>;
}
