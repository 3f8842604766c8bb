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
  /** Data store, volume, path, or container. */
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
  /** What was copied, as its kind names it: `database shop`; missing where the kind has no name of its own for it. */
  readonly source?: string | undefined;
  /** Rows by table, points by collection, files by folder; counted in the same consistent view as the copy. */
  readonly counts: Readonly<Record<string, number>>;
  /** Digests of the same rows; missing where none were made. */
  readonly digests?: RowDigests | undefined;
}

/** What tells whether rows are the same. */
export interface RowDigests {
  /** How they were made: only those made alike can be compared. */
  readonly by: string;
  /** By table; one that is missing could not be digested. */
  readonly tables: Readonly<Record<string, string>>;
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
  /** The effect that made it; null: no effect did. */
  readonly key: string | null;
  /** Wall time, epoch ms. */
  readonly madeAt: number;
  readonly tookMs: number;
  /** Version of rollbackd. */
  readonly by: string;
  readonly encrypted: boolean;
  readonly parts: readonly BackupPart[];
}

/** A thing that a set may hold. */
export type BackedUp = Pick<BackupPart, 'kind' | 'name'>;

/** What a recipe holds, in the order in which it is copied: data first, so that it is the nearest to the present. */
export function heldBy(recipe: BackupRecipe): readonly BackedUp[] {
  const all = (kind: BackupPartKind, names: readonly string[]): readonly BackedUp[] =>
    names.map((name) => ({ kind, name }));
  return [
    ...all('store', recipe.stores),
    ...all('volume', recipe.volumes),
    ...all('files', recipe.files),
    ...all('repository', recipe.repositories),
    ...all('containers', recipe.containers),
  ];
}

/** Whether a thing holds another: the same, or a folder that a path lies in. */
export function holds(held: BackedUp, wanted: BackedUp): boolean {
  if (held.kind !== wanted.kind) return false;
  if (held.name === wanted.name) return true;
  return held.kind === 'files' && wanted.name.startsWith(`${held.name}/`);
}

/** A recipe of these data stores alone, for a set that no recipe of the configuration describes. */
export function recipeOfStores(stores: readonly string[]): BackupRecipe {
  const name = `stores ${stores.join(' + ')}`;
  return { name, stores, volumes: [], files: [], repositories: [], containers: [] };
}

/** Where what was restored does not count as many as was copied, or holds other rows; null where it is the same. */
export function differenceOf(
  { name, facts }: Pick<BackupPart, 'name' | 'facts'>,
  counted: Pick<BackupFacts, 'counts' | 'digests'>,
): string | null {
  const names = new Set([...Object.keys(facts.counts), ...Object.keys(counted.counts)]);
  const different = [...names].filter((what) => facts.counts[what] !== counted.counts[what]);
  const shown = different
    .slice(0, 5)
    .map((what) => `${what}: ${counted.counts[what] ?? 'none'} of ${facts.counts[what] ?? 'none'}`);
  const more = different.length > shown.length ? `; and ${different.length - shown.length} more` : '';
  if (different.length > 0)
    return `${name}: what was restored does not count the same: ${shown.join('; ')}${more}`;
  const spoilt = Object.entries(comparedRows(facts, counted)).flatMap(([what, same]) => (same ? [] : [what]));
  if (spoilt.length === 0) return null;
  const others = spoilt.length > 5 ? `; and ${spoilt.length - 5} more` : '';
  return `${name}: rows of what was restored are not those that were copied: ${spoilt.slice(0, 5).join('; ')}${others}`;
}

/** Whether the rows of each table are the same; tables that cannot be compared are left out. */
export function comparedRows(
  copied: Pick<BackupFacts, 'digests'>,
  restored: Pick<BackupFacts, 'digests'>,
): Readonly<Record<string, boolean>> {
  const [one, other] = [copied.digests, restored.digests];
  if (one === undefined || other === undefined || one.by !== other.by) return {};
  const both = Object.entries(one.tables).filter(([table]) => other.tables[table] !== undefined);
  return Object.fromEntries(both.map(([table, digest]) => [table, other.tables[table] === digest]));
}

/** A place of sets in a bucket. */
export interface BackupBucket {
  /** Name of a data store of kind `s3`. */
  readonly store: string;
  /** What the keys of its objects begin with; empty, or with a slash at its end. */
  readonly prefix: string;
}

/** How sets are made and kept, as configured. */
export interface BackupPolicy {
  /** Absolute path of the folder of the sets; null: they lie in a bucket. */
  readonly directory: string | null;
  /** Where sets lie instead of in a folder. */
  readonly bucket?: BackupBucket;
  /** Path of the file with the key that parts are encrypted with; null: they are not. */
  readonly keyFile: string | null;
  readonly compression: 'zstd' | 'gzip';
  readonly retention: {
    readonly keepMs: number;
    /** Verified sets of a recipe that are kept however old they are. */
    readonly least: number;
    /** Of all sets together, as stored; null: as much as there is room. */
    readonly mostBytes: number | null;
  };
  readonly recipes: Readonly<Record<string, BackupRecipe>>;
  readonly schedule: readonly { readonly cron: string; readonly recipe: string }[];
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
