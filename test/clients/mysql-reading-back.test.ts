import { expect, test } from 'vitest';
import type { Mysql } from '../../src/clients/databases/mysql/connection.ts';
import { ReadingBack } from '../../src/clients/databases/mysql/reading-back.ts';
import type { DatabaseTools } from '../../src/clients/databases/tools.ts';
import { storeOf } from '../databases/a-server.ts';
import { never } from '../rollback/a-step.ts';

const store = storeOf('mysql', 'shop', 3306, 'shop');

/** A tool that writes one row for each table that it is told, or for all; which it was told each time; null: none. */
function aTool(all: readonly string[]) {
  const told: (readonly string[] | null)[] = [];
  const tools: DatabaseTools = {
    version: async () => 'mariadb-dump from 11.4.5-MariaDB',
    run: async ({ args, output }) => {
      const names = args.slice(args.indexOf('--') + 2);
      told.push(names.length === 0 ? null : names);
      const rows = (names.length === 0 ? all : names).map((name) => `INSERT INTO \`${name}\` VALUES (1);\n`);
      const [counter] = output ?? [];
      counter?.write(Buffer.from(`${rows.join('')}-- Dump completed\n`));
      return { exitCode: 0, signal: null, output: '', said: '' };
    },
  };
  return { tools, told };
}

test('more tables than a program can be told the names of are each read once', async () => {
  const tables = Array.from({ length: 12_000 }, (_, number) => `table_${number}`);
  const { tools, told } = aTool(tables);
  // At the first look all but one are there.
  const looks = [tables.slice(1), tables];
  const server: Mysql = {
    id: 1,
    rows: async () => (looks.shift() ?? tables).map((name) => ({ name })),
    run: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  await using reading = new ReadingBack({ store, server, database: 'shop_beside', tools }, never);
  reading.passage.resume();
  for (const _ of looks.slice()) {
    reading.passage.write(Buffer.alloc(8 * 1024 * 1024));
    await new Promise(setImmediate);
  }

  const { counts } = await reading.all(tables, { afresh: false });
  expect(told.map((names) => names?.length ?? 'all')).toEqual([5000, 'all']);
  expect(Object.keys(counts)).toHaveLength(12_000);
  expect(new Set(Object.values(counts))).toEqual(new Set([1]));
});
