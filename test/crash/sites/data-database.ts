import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import { mariadbIn } from '../../support/mariadb.ts';
import { plainPart, plainWatched, type DataPart } from './data-part.ts';
import type { Watched } from './watched.ts';

/** So many that a dump of them does not go by unseen. */
const rows = 20_000;

/** A MariaDB of Debian's that plans restore, and run a script in that is not to be run twice. */
export async function dataDatabase(folder: string): Promise<DataPart> {
  mkdirSync(folder, { recursive: true });
  const server = await mariadbIn(join(folder, 'data'), ['--innodb-buffer-pool-size=32M']);
  server.run("CREATE USER crash@'127.0.0.1' IDENTIFIED BY 'crash'; GRANT ALL ON *.* TO crash@'127.0.0.1';");
  const { port } = server;
  const pool = createPool({
    host: '127.0.0.1',
    port,
    user: 'crash',
    password: 'crash',
    multipleStatements: true,
    connectionLimit: 2,
  });
  const password = join(folder, 'password');
  writeFileSync(password, 'crash', { mode: 0o600 });
  const run = async (statements: string): Promise<void> => void (await pool.query(statements));
  const lay = (): Promise<void> => run(laid);
  const spoil = (): Promise<void> => run(spoiled);
  return {
    ...plainPart,
    stores: {
      orders: {
        mysql: {
          url: `mysql://127.0.0.1:${port}/shop`,
          user: 'crash',
          password: { file: password },
          schema_version: 'SELECT MAX(version) FROM migrations',
        },
      },
    },
    watched: watchedIn(pool, run, async () => {
      await dropLeftOvers(pool);
      await lay();
      await spoil();
    }),
    lay,
    spoil,
    async close() {
      await pool.end().catch(() => {});
      await server.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const laid = `
  CREATE DATABASE IF NOT EXISTS shop;
  DROP TABLE IF EXISTS shop.orders, shop.migrations, shop.counter;
  CREATE TABLE shop.migrations (version INT PRIMARY KEY);
  INSERT INTO shop.migrations VALUES (1);
  CREATE TABLE shop.counter (n INT NOT NULL);
  INSERT INTO shop.counter VALUES (0);
  CREATE TABLE shop.orders (id INT PRIMARY KEY, total INT NOT NULL);
  INSERT INTO shop.orders SELECT seq, 100 FROM shop.seq_1_to_${rows};
`;
const spoiled = `
  INSERT INTO shop.migrations VALUES (2);
  UPDATE shop.orders SET total = 0;
`;

/** Takes the migration of release 2 back, and counts how often. */
export const downScript =
  'UPDATE counter SET n = n + 1;\nUPDATE orders SET total = total + 1;\nDELETE FROM migrations WHERE version = 2;\n';

function watchedIn(
  pool: Pool,
  run: (statements: string) => Promise<void>,
  reset: () => Promise<void>,
): readonly Watched[] {
  const look = () => ordersIn(pool);
  const orders: Watched = {
    step: 'orders',
    look,
    used: 'used',
    // What people order once the good rows are back would be gone if those came back a second time.
    use: async (word) => {
      if (word === 'good') await run('INSERT INTO shop.orders VALUES (100000, 100)');
    },
    reset,
  };
  return [
    orders,
    // Written over in place, it is half there meanwhile, and a repeat writes all of it again.
    { ...plainWatched, step: 'overwritten', look, harmless: true, reset },
    { ...plainWatched, step: 'reverted', look: () => countIn(pool), reset },
  ];
}

async function ordersIn(pool: Pool): Promise<string | null> {
  const [found] = await pool.query<RowDataPacket[]>(
    'SELECT COUNT(*) AS count, SUM(total) AS total FROM shop.orders',
  );
  const { count, total } = found[0] as { readonly count: number; readonly total: string };
  if (count === 0) return null;
  if (Number(total) === 0) return 'bad';
  if (count === rows) return 'good';
  return count === rows + 1 ? 'used' : `${count} rows`;
}

async function countIn(pool: Pool): Promise<string> {
  const [found] = await pool.query<RowDataPacket[]>('SELECT n FROM shop.counter');
  return `${found[0]?.['n']} times`;
}

async function dropLeftOvers(pool: Pool): Promise<void> {
  const [found] = await pool.query<RowDataPacket[]>('SHOW DATABASES');
  for (const [name] of found.map((row) => Object.values(row)))
    if (String(name).includes('rollbackd')) await pool.query('DROP DATABASE ??', [name]);
}
