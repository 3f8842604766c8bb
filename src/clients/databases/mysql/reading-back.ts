import { Transform } from 'node:stream';
import type { BackupFacts } from '../../../domain/backup.ts';
import type { Database } from '../../../domain/data-store.ts';
import type { DatabaseTools } from '../tools.ts';
import type { Mysql } from './connection.ts';
import { readMysql, type Dumped } from './dump.ts';

/** How much is fed between two looks at what is complete. */
const everyBytes = 8 * 1024 * 1024;
/** How many tables are named to a tool: the system starts none whose arguments are longer than 2 MiB. */
const mostNamed = 5000;

export interface ReadBack {
  readonly store: Database;
  /** Nobody else uses it meanwhile. */
  readonly server: Mysql;
  /** The one that a dump is fed to. */
  readonly database: string;
  readonly tools: DatabaseTools;
}

/**
 * Reads back what is restored while the rest of it is still being fed, since the server alone is busy with that.
 *
 * A dump writes one table after the other: once a further one is there, those that were seen before have all their rows.
 */
export class ReadingBack implements AsyncDisposable {
  /** What is fed passes through it. */
  readonly passage: Transform;
  readonly #from: ReadBack;
  readonly #cut = new AbortController();
  readonly #signal: AbortSignal;
  readonly #read: Dumped[] = [];
  readonly #done = new Set<string>();
  #seen: readonly string[] = [];
  #looking: Promise<void> | null = null;
  #bytes = 0;

  constructor(from: ReadBack, signal: AbortSignal) {
    this.#from = from;
    this.#signal = AbortSignal.any([signal, this.#cut.signal]);
    this.passage = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#passes(chunk.length);
        done(null, chunk);
      },
    });
  }

  /**
   * Rows and digests of all tables; what was not read before is read now.
   *
   * @param tables all that have rows of their own
   * @param options `afresh`: what was read before does not count
   */
  async all(
    tables: readonly string[],
    { afresh }: { readonly afresh: boolean },
  ): Promise<Required<Pick<BackupFacts, 'counts' | 'digests'>>> {
    await this.#looking;
    const left = tables.filter((table) => !this.#done.has(table));
    if (afresh || left.length > mostNamed) this.#forget();
    if (this.#done.size === 0) await this.#reads(null);
    else if (left.length > 0) await this.#reads(left);
    const counted = Object.assign({}, ...this.#read.map(({ counts }) => counts)) as Dumped['counts'];
    return {
      counts: sorted(tables.map((table) => [table, counted[table] ?? 0])),
      digests: {
        by: this.#read[0]?.digests.by ?? '',
        tables: sorted(this.#read.flatMap(({ digests }) => Object.entries(digests.tables))),
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cut.abort();
    await this.#looking;
  }

  #passes(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < everyBytes || this.#looking !== null) return;
    this.#bytes = 0;
    this.#looking = this.#look()
      // What could not be read early is read at the end, and fails there.
      .catch(() => {})
      .then(() => {
        this.#looking = null;
      });
  }

  async #look(): Promise<void> {
    const { server, database } = this.#from;
    const rows = await server.rows(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? AND table_type NOT IN ('VIEW', 'SEQUENCE')`,
      [database],
    );
    const there = rows.map(({ name }) => String(name));
    const goesOn = there.some((table) => !this.#seen.includes(table));
    const complete = goesOn ? this.#seen.filter((table) => !this.#done.has(table)) : [];
    this.#seen = there;
    if (complete.length > 0) await this.#reads(complete.slice(0, mostNamed));
  }

  async #reads(tables: readonly string[] | null): Promise<void> {
    const { store, database, tools } = this.#from;
    this.#read.push(await readMysql(store, { database, tables }, tools, this.#signal));
    for (const table of tables ?? []) this.#done.add(table);
  }

  #forget(): void {
    this.#read.length = 0;
    this.#done.clear();
  }
}

function sorted<Value>(entries: readonly (readonly [string, Value])[]): Readonly<Record<string, Value>> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
