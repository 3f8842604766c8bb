import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { changeSchema } from '../../src/clients/databases/change-schema.ts';
import type { SqliteStore } from '../../src/domain/data-store.ts';
import { never } from '../rollback/a-step.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const noTools = {
  run: () => Promise.reject(new Error('no tools')),
  version: () => Promise.reject(new Error('no tools')),
};

test.each([
  ["ATTACH DATABASE 'FOLDER/cron' AS beside; CREATE TABLE beside.job (line);", 'not authorized'],
  ["SELECT 1; COMMIT; VACUUM INTO 'FOLDER/cron';", 'authorization denied'],
])('a script for SQLite writes no other file: %s', async (statement, why) => {
  const folder = temporaryFolder('rd-script');
  const path = join(folder, 'orders.db');
  const live = new DatabaseSync(path);
  live.exec('CREATE TABLE version (number); INSERT INTO version VALUES (7)');
  live.close();
  const store: SqliteStore = {
    kind: 'sqlite',
    name: 'orders',
    path,
    schemaQuery: 'SELECT number FROM version',
  };
  const script = Buffer.from(`${statement.replace('FOLDER', folder)}\nUPDATE version SET number = 6;`);
  const change = { script, from: '7', expect: '6' };

  const attempt = changeSchema(store, change, { tools: noTools, hostRoot: '/' }, never);
  await expect(attempt).rejects.toThrow(`orders, the script: ${why}`);
  expect(existsSync(join(folder, 'cron'))).toBe(false);
  expect(readdirSync(folder)).toEqual(['orders.db']);
});
