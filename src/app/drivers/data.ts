import type { RedisOpener } from '../../clients/redis.ts';
import type { Drivers } from '../../domain/ports/driver.ts';
import { backupDriver } from '../../rollback/drivers/backup.ts';
import { cacheInvalidateDriver } from '../../rollback/drivers/cache-invalidate.ts';
import { databaseBackupDriver } from '../../rollback/drivers/database-backup.ts';
import { databaseRestoreDriver } from '../../rollback/drivers/database-restore.ts';
import { databaseRevertDriver } from '../../rollback/drivers/database-revert.ts';
import { directoryClearDriver } from '../../rollback/drivers/directory-clear.ts';
import { dockerRestartDriver } from '../../rollback/drivers/docker-restart.ts';
import { fileRestoreDriver } from '../../rollback/drivers/file-restore.ts';
import { flagsSetDriver } from '../../rollback/drivers/flags-set.ts';
import { objectsRestoreDriver } from '../../rollback/drivers/objects-restore.ts';
import { offsetsResetDriver } from '../../rollback/drivers/offsets-reset.ts';
import { volumeRestoreDriver } from '../../rollback/drivers/volume-restore.ts';
import { volumeSnapshotDriver } from '../../rollback/drivers/volume-snapshot.ts';
import { writeQuiesceDriver } from '../../rollback/drivers/write-quiesce.ts';
import type { Connections } from '../connections.ts';
import type { DriverParts } from './driver-parts.ts';

/** Loaded when it is needed: most plans have no cache in them. */
const openRedis: RedisOpener = async (store, signal) =>
  (await import('../../clients/redis.ts')).openRedis(store, signal);

/** Steps that copy, bring back, change, or hold off the writing of data. */
export function dataDrivers(
  { docker, http, files, records, prometheus, dataStores: stores, databaseTools: tools }: Connections,
  parts: DriverParts,
): Drivers {
  const { clock, environment, vault, own, answers } = parts;
  const cache = { stores, open: openRedis };
  return {
    backup: backupDriver(parts),
    'database.backup': databaseBackupDriver({ ...parts, stores }),
    'database.restore': databaseRestoreDriver({ ...parts, records }),
    'database.revert': databaseRevertDriver({ ...parts, stores, files, records, tools }),
    'file.restore': fileRestoreDriver({ ...parts, files, records }),
    'volume.snapshot': volumeSnapshotDriver({ ...parts, docker, records }),
    'volume.restore': volumeRestoreDriver({ ...parts, docker, records }),
    'write.quiesce': writeQuiesceDriver({
      ...cache,
      clock,
      http,
      environment,
      files,
      records,
      restart: dockerRestartDriver({ docker, vault, clock, own }),
    }),
    'flags.set': flagsSetDriver({ ...cache, files, records, http, environment }),
    'directory.clear': directoryClearDriver({ files, records }),
    'cache.invalidate': cacheInvalidateDriver({ ...cache, answerer: answers ? prometheus : null, clock }),
    'objects.restore': objectsRestoreDriver({
      ...parts,
      stores,
      // Loaded when it is needed: the library is a large one.
      open: async (store) => (await import('../../clients/s3/bucket.ts')).openBucket(store),
      records,
    }),
    'offsets.reset': offsetsResetDriver({
      ...parts,
      stores,
      open: async (store, signal) => (await import('../../clients/kafka/kafka.ts')).openKafka(store, signal),
      records,
    }),
  } satisfies Drivers;
}
