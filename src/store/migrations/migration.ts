/** One step of the schema. Released ones are never edited. */
export interface Migration {
  readonly version: number;
  /** SQL that SQLite and PostgreSQL both read. */
  readonly tables: string;
  /** What SQLite needs in its own words, e.g. triggers. */
  readonly sqlite: string;
}
