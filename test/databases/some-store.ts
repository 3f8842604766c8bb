import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { mysqlArchivist } from '../../src/backup/archivists/mysql.ts';
import { postgresArchivist } from '../../src/backup/archivists/postgres.ts';
import { sqliteArchivist } from '../../src/backup/archivists/sqlite.ts';
import { systemClock } from '../../src/app/clock.ts';
import { databaseTools } from '../../src/clients/databases/tools.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import { recipeOfStores } from '../../src/domain/backup.ts';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import type { Database, SqliteStore } from '../../src/domain/data-store.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { databaseBackupDriver } from '../../src/rollback/drivers/database-backup.ts';
import { databaseRestoreDriver } from '../../src/rollback/drivers/database-restore.ts';
import { nobody, someBackups } from '../backup/some-backups.ts';
import { aStep, never } from '../rollback/a-step.ts';

export const incident = 'i-7k3f9a';

/** The store `orders` with backups, and the steps that are about it. @param wrap what is to go wrong */
export async function someStore(
  store: Database | SqliteStore,
  wrap: (archivist: Archivist) => Archivist = (one) => one,
) {
  const it = await someBackups();
  const stores = { orders: store };
  const tools = databaseTools({ clock: systemClock(), stateDir: it.stateDir });
  const archivists = [
    mysqlArchivist({ stores, tools }),
    postgresArchivist({ stores, tools }),
    sqliteArchivist({ stores, hostRoot: '/', stateDir: it.stateDir }),
  ].map(wrap);
  const backups = await it.openBackups({ archivists });
  const isDevelopment = (): boolean => false;
  const records = effectRecords(it.stateDir, it.clock);
  const backup = databaseBackupDriver({ backups, isDevelopment, stores });
  /** A daemon that started anew. */
  const open = () => databaseRestoreDriver({ backups, isDevelopment, records });
  const backupStep = (options: object = { store: 'orders' }) =>
    aStep('database.backup', backup.options.parse(options));
  const restoreStep = (options: object = {}) =>
    aStep('database.restore', open().options.parse({ store: 'orders', ...options }));
  /** A set of what is there now, made for an incident or for none. */
  const copied = async (of: string | null = null) => {
    const occasion = { ...nobody, incident: of, smallerOk: true };
    const set = await backups.create(recipeOfStores(['orders']), occasion, () => {}, never);
    await it.clock.advance(1000);
    return set;
  };
  const refusals = async (options: object) => {
    const step = restoreStep(options);
    const found = await open().preflight(step, await open().read(step, never), never);
    return found.map(({ level, message }) => `${level}: ${message}`);
  };
  return { ...it, archivists, backups, records, backup, open, backupStep, restoreStep, copied, refusals };
}

/** Restores something else of the same length than what was copied, as a server that spoils it would. */
export function spoiling(from: string, to: string): (archivist: Archivist) => Archivist {
  return (archivist) => ({
    ...archivist,
    async restoreBeside(name, source, ...rest) {
      const copy = await buffer(source);
      const spoilt = Buffer.from(copy.toString('latin1').replace(from, to), 'latin1');
      if (spoilt.equals(copy)) throw new Error(`the copy does not hold ${from}`);
      return archivist.restoreBeside(name, Readable.from([spoilt]), ...rest);
    },
  });
}

/** From here on the daemon does not die any more. */
export function lives(): void {
  onCrashPoint(() => {});
}

/** What this test made is undone with it. */
export function afterwards(undo: () => unknown): void {
  onTestFinished(async () => {
    await undo();
  });
}
