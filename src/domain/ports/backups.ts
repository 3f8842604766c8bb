import type { Readable, Writable } from 'node:stream';
import type {
  BackedUp,
  BackupFacts,
  BackupPart,
  BackupPartKind,
  BackupRecipe,
  BackupSet,
  BackupVerdict,
} from '../backup.ts';

/**
 * Copies one kind of thing into a stream, and back. It knows nothing of sets, compression or encryption.
 *
 * Everything rejects with `RollbackError`s. Credentials travel in environments or files of mode 0600, never in arguments.
 */
export interface Archivist {
  readonly kind: BackupPartKind;
  /** True: a step puts its copies back; a restoration of all parts leaves them out. */
  readonly forSteps?: true;
  /** Whether it is the one for this name, e.g. for data stores of its kind. */
  handles(name: string): boolean;
  /** What has to be copied with it, since its own copy holds not all of the data; nothing unless stated. */
  restsOn?(name: string): readonly BackedUp[];
  /** Everything that can be known to be wrong before anything is copied, and about how large it is. Changes nothing. */
  examine(
    name: string,
    signal: AbortSignal,
  ): Promise<{
    readonly problems: readonly string[];
    /** What does not keep a copy from being made, but may make it worth less. */
    readonly warnings?: readonly string[];
    readonly bytes: number | null;
  }>;
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
  switchTo(
    name: string,
    scratch: string,
    keepAs: string,
    signal: AbortSignal,
    manner?: SwitchManner,
  ): Promise<void>;
  /** How far a switch came. */
  switched(
    name: string,
    scratch: string,
    keepAs: string,
    signal: AbortSignal,
  ): Promise<'done' | 'partial' | 'not_done'>;
  /**
   * Puts back what was in use before a switch, and removes what had taken its place; where that can be done. Reads where it
   * stands before each call, so that a repeat finishes what was begun.
   */
  switchBack?(
    name: string,
    scratch: string,
    keepAs: string,
    signal: AbortSignal,
    manner?: SwitchManner,
  ): Promise<void>;
  /** Removes a scratch or kept thing; one that is not there is removed already. */
  drop(name: string, which: string, signal: AbortSignal): Promise<void>;
  /** What is there now of the thing in use, counted as its copies are; where that can be known. */
  count?(name: string, signal: AbortSignal): Promise<BackupFacts>;
  /** Who is connected now and may keep a switch from being made, for people; where that can be known. */
  connected?(name: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Records that point to one that is not there, by table: in the thing in use (`which` null), or in one beside it. Only
   * where something declares what points where, e.g. foreign keys.
   */
  orphans?(
    name: string,
    which: string | null,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, number>>>;
  /**
   * Replaces what is in the thing in use by a copy: nothing of it is kept, and there is no way back. A repeat starts
   * over. Resolves to what was counted there.
   */
  overwrite?(
    name: string,
    source: Readable,
    signal: AbortSignal,
    manner?: SwitchManner,
  ): Promise<BackupFacts>;
  /** Room for a second one beside the one in use: what it needs, and what is free where it would be; null: not known. */
  room?(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly neededBytes: number; readonly freeBytes: number } | null>;
}

/** Something that stays beside the one in use after a restoration, until retention. */
export interface KeptThing {
  /** The set that was restored. */
  readonly set: string;
  readonly kind: BackupPartKind;
  readonly name: string;
  /** As its archivist's `drop` knows it; lowercase letters, digits and `-`, and the same for no two things. */
  readonly keepAs: string;
}

/** How a switch treats those who use the thing. */
export interface SwitchManner {
  /** Whether connections that would keep it from being made are ended; else it is refused, naming them. */
  readonly terminate: boolean;
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
  /** Whether parts may be less than half of what they were in the last set; else that is refused. */
  readonly smallerOk?: boolean;
  /** Called before each thing is copied: what is to be still for its copy can be stopped then. */
  readonly before?: (thing: BackedUp) => Promise<void>;
}

/** The backup sets. */
export interface Backups {
  /** The recipe, or null where none has this name. */
  recipe(name: string): BackupRecipe | null;
  /**
   * Everything that would keep a set of this recipe from being made, and what would make it worth less.
   *
   * @param recipe the name of one that is configured, or one made up for the occasion
   */
  examine(
    recipe: string | BackupRecipe,
    signal: AbortSignal,
  ): Promise<{ readonly problems: readonly string[]; readonly warnings: readonly string[] }>;
  /**
   * Makes a set, and reads it again. What a failed attempt left is removed.
   *
   * @throws RollbackError when a part cannot be copied, is implausibly small, or does not read back
   */
  create(
    recipe: string | BackupRecipe,
    occasion: BackupOccasion,
    progress: BackupProgress,
    signal: AbortSignal,
  ): Promise<BackupSet>;
  /** Newest first. */
  list(): Promise<readonly BackupSet[]>;
  find(id: string): Promise<BackupSet | null>;
  /** Those that were read back without a problem the last time; newest first. */
  verified(): Promise<readonly BackupSet[]>;
  /** When an incident began, by wall time in epoch ms; null: it is not known. */
  began(incident: string): number | null;
  /** Who copies this thing. @throws RollbackError `NOT_FOUND` */
  archivist(thing: BackedUp): Archivist;
  /** Has a thing dropped once it was kept as long as sets are; durable once it resolved. */
  keep(thing: KeptThing): Promise<void>;
  /** The thing is in use again, or gone. */
  unkeep(thing: Pick<KeptThing, 'keepAs'>): Promise<void>;
  /** The set that an effect made, if it did. */
  madeBy(key: string): Promise<BackupSet | null>;
  /** The newest set of an incident that holds this thing, and was read back. */
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

/** A long action under way in the daemon, or one that ended lately; it goes on when whoever asked goes away. */
export interface BackupJob {
  /** `j-1`, counted from the daemon's start. */
  readonly id: string;
  readonly does: 'create' | 'verify' | 'rehearse' | 'restore';
  readonly recipe: string;
  /** The set that it reads or has made; null while it is being made. */
  readonly set: string | null;
  readonly by: string;
  readonly startedAt: number;
  /** null while it runs. */
  readonly endedAt: number | null;
  readonly ended: 'well' | 'badly' | null;
  /** One sentence, once it ended. */
  readonly message: string;
  /** What was found wrong, or where things were put. */
  readonly details: readonly string[];
  /** The part that is worked on, and how far that is. */
  readonly progress: { readonly name: string; readonly bytes: number; readonly of: number | null } | null;
}

/** A set with what is known of it since it was made. */
export interface BackupSetView {
  readonly set: BackupSet;
  /** Of the last time that it was read again; null: it never was. */
  readonly verdict: BackupVerdict | null;
  /** As stored, in bytes. */
  readonly bytes: number;
}

/** Everything that there is. */
export interface BackupList {
  /** Newest first. */
  readonly sets: readonly BackupSetView[];
  /** Folders that were sets, and cannot be read as such any more. */
  readonly broken: readonly { readonly id: string; readonly problem: string }[];
  readonly jobs: readonly BackupJob[];
}

/** What people ask of the backups. Long actions answer with a job at once. */
export interface BackupDesk {
  list(): Promise<BackupList>;
  find(id: string): Promise<BackupSetView | null>;
  job(id: string): BackupJob | null;
  /** @throws RollbackError `NOT_FOUND` without such a recipe, `REFUSED` while one is being made, or where it cannot be */
  create(request: { readonly recipe: string; readonly smallerOk: boolean }, by: string): Promise<BackupJob>;
  /** @throws RollbackError `NOT_FOUND` */
  verify(id: string, how: BackupVerdict['by'], by: string): Promise<BackupJob>;
  /**
   * Restores parts of a set, all without names, each beside the thing in use, counted, and switched to.
   *
   * @throws RollbackError `NOT_FOUND`, `REFUSED` while another restore runs
   */
  restore(id: string, parts: readonly string[], by: string): Promise<BackupJob>;
  /** @returns the ids of the sets that went */
  prune(by: string): Promise<readonly string[]>;
}
