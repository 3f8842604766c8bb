import { mysqlArchivist } from '../../src/backup/archivists/mysql.ts';
import { postgresArchivist } from '../../src/backup/archivists/postgres.ts';
import { systemClock } from '../../src/app/clock.ts';
import { databaseTools } from '../../src/clients/databases/tools.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import type { Database } from '../../src/domain/data-store.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { databaseBackupDriver } from '../../src/rollback/drivers/database-backup.ts';
import { databaseRestoreDriver } from '../../src/rollback/drivers/database-restore.ts';
import { someBackups } from '../backup/some-backups.ts';
import { aStep, never } from '../rollback/a-step.ts';

/** The store `orders` with backups, a set of it from before the incident, and the steps that are about it. */
export async function someStore(store: Database, wrap: (archivist: Archivist) => Archivist = (one) => one) {
  const it = await someBackups();
  const stores = { orders: store };
  const tools = databaseTools({ clock: systemClock(), stateDir: it.stateDir });
  const archivists = [mysqlArchivist({ stores, tools }), postgresArchivist({ stores, tools })].map(wrap);
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
  /** A set of what is there now: of the incident, or of another one. */
  const copied = async (incident: string | null = null) => {
    const of = `backup-${it.clock.wall()}`;
    const step = aStep(
      'database.backup',
      { store: 'orders', smaller_ok: true },
      { incident: incident ?? 'i-before' },
    );
    const made = await backup.apply(step, of, never);
    if (made.ended !== 'done') throw new Error(made.detail);
    await it.clock.advance(1000);
    const set = await backups.madeBy(of);
    if (set === null) throw new Error('no set was made');
    return set;
  };
  return { ...it, backups, records, backup, open, backupStep, restoreStep, copied };
}
