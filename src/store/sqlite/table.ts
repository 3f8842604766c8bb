import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Column } from './column.ts';

/** Every member of a row with its column: a member that is forgotten does not compile. */
export type Columns<Row> = { readonly [Member in keyof Row]-?: Column<Row[Member]> };

/** Rows of one table, written whole and read whole. */
export interface Table<Row> {
  /** Stores the row; one with the same key is replaced, where `replaces` allows it. Resolves to whether it was. */
  put(row: Row): boolean;
  /** `rest` is everything behind `SELECT … FROM name`. */
  select(rest: string): (...values: SQLInputValue[]) => Row[];
}

/**
 * @param key the columns that identify a row
 * @param replaces SQL that must hold for an existing row to be replaced; `excluded` is the new one
 */
export function table<Row>(
  database: DatabaseSync,
  shape: {
    readonly name: string;
    readonly key: readonly string[];
    readonly columns: Columns<Row>;
    readonly replaces?: string;
  },
): Table<Row> {
  const members = Object.entries(shape.columns) as [keyof Row & string, Column<unknown>][];
  const put = database.prepare(upsert(shape, members));
  const read = (record: Record<string, SQLOutputValue>): Row =>
    Object.fromEntries(members.map(([member, column]) => [member, column.read(record[column.name])])) as Row;
  return {
    put: (row) => put.run(...members.map(([member, column]) => column.write(row[member]))).changes > 0,
    select: (rest) => {
      const names = members.map(([, { name }]) => name).join(', ');
      const statement = database.prepare(`SELECT ${names} FROM ${shape.name} ${rest}`);
      return (...values) => statement.all(...values).map(read);
    },
  };
}

function upsert(
  shape: { readonly name: string; readonly key: readonly string[]; readonly replaces?: string },
  members: readonly (readonly [string, Column<unknown>])[],
): string {
  const names = members.map(([, { name }]) => name);
  const changed = names.filter((name) => !shape.key.includes(name));
  const replacement = changed.map((name) => `${name} = excluded.${name}`).join(', ');
  return [
    `INSERT INTO ${shape.name} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    `ON CONFLICT (${shape.key.join(', ')}) DO UPDATE SET ${replacement}`,
    shape.replaces === undefined ? '' : `WHERE ${shape.replaces}`,
  ].join(' ');
}
