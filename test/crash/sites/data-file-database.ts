import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { plainPart, plainWatched, type DataPart } from './data-part.ts';

/** A SQLite in which a script is run that is not to be run twice. It lies in the folder that each run begins with. */
export function dataFileDatabase(data: string): DataPart {
  const path = join(data, 'shop.db');
  const run = (statements: string): void => {
    using database = new DatabaseSync(path, { timeout: 5000 });
    database.exec(statements);
  };
  const count = (): string => {
    using database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    return `${Number(database.prepare('SELECT n FROM counter').get()?.['n'])} times`;
  };
  return {
    ...plainPart,
    stores: {
      little: { sqlite: { path, schema_version: 'SELECT MAX(version) FROM migrations' } },
    },
    watched: [{ ...plainWatched, step: 'little-reverted', look: async () => count() }],
    lay: async () => run(laid),
    spoil: async () => run('INSERT INTO migrations VALUES (2)'),
  };
}

const laid = `
  CREATE TABLE migrations (version INTEGER PRIMARY KEY);
  INSERT INTO migrations VALUES (1);
  CREATE TABLE counter (n INTEGER NOT NULL);
  INSERT INTO counter VALUES (0);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER NOT NULL);
  INSERT INTO orders VALUES (1, 100), (2, 100);
`;
