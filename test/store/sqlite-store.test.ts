import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { storeContract } from '../contracts/store.contract.ts';

storeContract('a SQLite file', async (clock) => {
  const directory = await mkdtemp(join(tmpdir(), 'rollbackd-store-'));
  const path = join(directory, 'rollbackd.db');
  let store = await openSqliteStore({ path, clock });
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await openSqliteStore({ path, clock });
      return store;
    },
    dispose: async () => {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
});

storeContract('SQLite in memory', async (clock) => {
  const store = await openSqliteStore({ path: ':memory:', clock });
  return { store, reopen: null, dispose: () => store.close() };
});
