import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { feedMysql } from '../../src/clients/databases/mysql/feed.ts';
import type { DatabaseTools } from '../../src/clients/databases/tools.ts';
import { storeOf } from '../databases/a-server.ts';
import { never } from '../rollback/a-step.ts';

const store = storeOf('mysql', 'shop', 3306, 'shop');

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
