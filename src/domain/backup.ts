/** What one backup set is to hold, as configured. Names of data stores, volumes and containers; absolute host paths. */
export interface BackupRecipe {
  readonly name: string;
  /** Names of `data_stores`: databases, SQLite files, vector stores. */
  readonly stores: readonly string[];
  /** Docker volumes. */
  readonly volumes: readonly string[];
  /** Files and folders inside `file_roots`: configuration, environment files. */
  readonly files: readonly string[];
  /** Working copies: the commit, the branch, and uncommitted work as a patch. */
  readonly repositories: readonly string[];
  /** Containers whose state (image, specification without secrets, status) is recorded. */
  readonly containers: readonly string[];
}

export const backupPartKinds = ['store', 'volume', 'files', 'repository', 'containers'] as const;
export type BackupPartKind = (typeof backupPartKinds)[number];

/** One stored file of a set. */
export interface BackupPart {
  readonly kind: BackupPartKind;
  /** Data store, volume, path, or `containers`. */
  readonly name: string;
  /** Its file inside the set. */
  readonly file: string;
  /** As stored: compressed, encrypted. */
  readonly bytes: number;
  /** SHA-256 of the file as stored, in hex. */
  readonly sha256: string;
  /** Before compression and encryption. */
  readonly plainBytes: number;
  /** SHA-256 of what was stored before compression and encryption, in hex. */
  readonly plainSha256: string;
  readonly facts: BackupFacts;
}

/** What is known of the thing at the instant of its copy. */
export interface BackupFacts {
  /** `mariadb 10.11.14`; null where there is no server. */
  readonly server: string | null;
  /** `mariadb-dump 10.19`; null where none was used. */
  readonly tool: string | null;
  /** Of the application's schema, where it can be read; a component of the release. */
  readonly schemaVersion: string | null;
  /** Rows by table, points by collection, files by folder; counted in the same consistent view as the copy. */
  readonly counts: Readonly<Record<string, number>>;
}

/** The manifest of a set: written last, in one step. A set without it does not exist. */
export interface BackupSet {
  readonly version: 1;
  /** `b-20261121-043000-x7k2`: UTC, and four characters of chance. */
  readonly id: string;
  readonly recipe: string;
  readonly target: string | null;
  /** The incident whose plan made it. */
  readonly incident: string | null;
  /** Id of the release that ran. */
  readonly release: string | null;
  /** Wall time, epoch ms. */
  readonly madeAt: number;
  readonly tookMs: number;
  /** Version of rollbackd. */
  readonly by: string;
  readonly encrypted: boolean;
  readonly parts: readonly BackupPart[];
}

/** What came of reading a set again. */
export interface BackupVerdict {
  readonly set: string;
  readonly at: number;
  /** How deep it looked: checksums of what is stored, or also restored into scratch and counted. */
  readonly by: 'reading' | 'rehearsal';
  /** Empty when all is well; each names the part. */
  readonly problems: readonly string[];
}
