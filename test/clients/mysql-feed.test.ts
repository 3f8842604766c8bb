import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { feedMysql } from '../../src/clients/databases/mysql/feed.ts';
import type { DatabaseTools } from '../../src/clients/databases/tools.ts';
import type { Database } from '../../src/domain/data-store.ts';
import { never } from '../rollback/a-step.ts';

const store: Database = {
  kind: 'mysql',
  name: 'shop',
  host: '127.0.0.1',
  port: 3306,
  tls: false,
  user: 'keeper',
  password: null,
  database: 'shop',
  toolsIn: null,
  schemaQuery: null,
};

test.for([
  ['shop', 'keeper', 'binary'],
  ['größe', 'keeper', 'utf8mb4'],
  ['shop', 'Zoë', 'utf8mb4'],
] as const)(
  'a dump is fed to %s by %s in %s: names are read in it, too',
  async ([database, user, charset]) => {
    const args: string[] = [];
    const tools: DatabaseTools = {
      run: async (run) => {
        args.push(...run.args);
        return { exitCode: 0, signal: null, output: '', said: '' };
      },
      version: async () => '',
    };
    await feedMysql({ ...store, user }, { database, input: Readable.from([]) }, tools, never);
    expect(args).toContain(`--default-character-set=${charset}`);
  },
);
