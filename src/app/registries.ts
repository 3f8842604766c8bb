import type { Docker } from '../clients/docker/docker.ts';
import { checksumSource } from '../detect/sources/checksum.ts';
import { databaseSource } from '../detect/sources/database.ts';
import { diskSource } from '../detect/sources/disk.ts';
import { dockerSource } from '../detect/sources/docker.ts';
import { goldenSource } from '../detect/sources/golden.ts';
import { httpSource } from '../detect/sources/http.ts';
import { logsSource } from '../detect/sources/logs.ts';
import { promqlSource } from '../detect/sources/promql.ts';
import { reportsSource } from '../detect/sources/reports.ts';
import { rowsSource } from '../detect/sources/rows.ts';
import { sequenceSource } from '../detect/sources/sequence.ts';
import type { DataWorth } from '../domain/data-risk.ts';
import { noArrivals, type Arrivals } from '../domain/ports/arrivals.ts';
import type { Backups } from '../domain/ports/backups.ts';
import type { Message } from '../domain/ports/channel.ts';
import type { Drivers } from '../domain/ports/driver.ts';
import { noReports, type BugReports } from '../domain/ports/reports.ts';
import type { Sources } from '../domain/ports/source.ts';
import type { Vault } from '../domain/ports/vault.ts';
import type { Target } from '../domain/target.ts';
import { backupDriver } from '../rollback/drivers/backup.ts';
import { cacheInvalidateDriver } from '../rollback/drivers/cache-invalidate.ts';
import { commandDriver } from '../rollback/drivers/command.ts';
import { databaseBackupDriver } from '../rollback/drivers/database-backup.ts';
import { databaseRestoreDriver } from '../rollback/drivers/database-restore.ts';
import { databaseRevertDriver } from '../rollback/drivers/database-revert.ts';
import { directoryClearDriver } from '../rollback/drivers/directory-clear.ts';
import { composeBuildDriver } from '../rollback/drivers/compose-build.ts';
import { composeRestartDriver } from '../rollback/drivers/compose-restart.ts';
import { composeRollbackDriver } from '../rollback/drivers/compose-rollback.ts';
import { dockerRestartDriver } from '../rollback/drivers/docker-restart.ts';
import { dockerRollbackDriver } from '../rollback/drivers/docker-rollback.ts';
import { fileRestoreDriver } from '../rollback/drivers/file-restore.ts';
import { evidenceDriver } from '../rollback/drivers/evidence.ts';
import { flagsSetDriver } from '../rollback/drivers/flags-set.ts';
import { gitCheckoutPathsDriver } from '../rollback/drivers/git-checkout-paths.ts';
import { gitResetDriver } from '../rollback/drivers/git-reset.ts';
import { gitRevertDriver } from '../rollback/drivers/git-revert.ts';
import { gitTagDriver } from '../rollback/drivers/git-tag.ts';
import { httpDriver } from '../rollback/drivers/http.ts';
import { linkRollbackDriver } from '../rollback/drivers/link-rollback.ts';
import { objectsRestoreDriver } from '../rollback/drivers/objects-restore.ts';
import { notifyDriver } from '../rollback/drivers/notify.ts';
import { offsetsResetDriver } from '../rollback/drivers/offsets-reset.ts';
import { processRestartDriver } from '../rollback/drivers/process-restart.ts';
import { processStopDriver } from '../rollback/drivers/process-stop.ts';
import { swarmRollbackDriver } from '../rollback/drivers/swarm-rollback.ts';
import { volumeRestoreDriver } from '../rollback/drivers/volume-restore.ts';
import { volumeSnapshotDriver } from '../rollback/drivers/volume-snapshot.ts';
import { waitDriver } from '../rollback/drivers/wait.ts';
import { writeQuiesceDriver } from '../rollback/drivers/write-quiesce.ts';
import type { Connections, Surroundings } from './connections.ts';

/** The sources by their word in rules and checks. To add one: its file, and a line here. */
export function sourcesFor(
  { prometheus, scraped, http, docker, dataStores, files, processes }: Connections,
  {
    clock,
    environment,
    arrivals = noArrivals,
    backups = null,
  }: Surroundings & { readonly arrivals?: Arrivals; readonly backups?: Backups | null },
  hostRoot: string,
  reports: BugReports = noReports,
): Sources {
  return {
    prometheus: promqlSource({
      kind: 'prometheus',
      answerer: prometheus,
      clock,
      arrivals,
      fallback: scraped,
    }),
    scrape: promqlSource({ kind: 'scrape', answerer: scraped.answerer, clock, arrivals }),
    http: httpSource({ client: http, clock, environment }),
    sequence: sequenceSource({ client: http, clock, environment }),
    docker: dockerSource({ docker, clock }),
    logs: logsSource({ docker, clock, files }),
    disk: diskSource({ hostRoot, clock }),
    checksum: checksumSource({ hostRoot, clock }),
    golden: goldenSource({
      client: http,
      findProgram: (program) => processes.find(program),
      hostRoot,
      clock,
    }),
    rows: rowsSource({ backups, clock }),
    reports: reportsSource({ reports, clock }),
    database: databaseSource({
      stores: dataStores,
      http,
      redis: async (store, signal) => (await import('../clients/redis.ts')).openRedis(store, signal),
      hostRoot,
      clock,
    }),
  } satisfies Sources;
}

/** What drivers need beside the connections. */
export interface DriverParts extends Surroundings {
  /** null when no Docker engine is configured. */
  readonly docker: Docker | null;
  readonly vault: Vault;
  /** The backup sets; null where none are configured. */
  readonly backups: Backups | null;
  /** Whether what guards data only warns. */
  readonly isDevelopment: () => boolean;
  /** What data is worth. */
  readonly worth: () => DataWorth;
  /** What rollbackd must never touch: its own container, and the hosts it works through. */
  readonly own: { readonly containerId: string | null; readonly hosts: readonly string[] };
  /** Whether there is a Prometheus to ask. */
  readonly answers: boolean;
  readonly channels: readonly string[];
  readonly tell: (messages: readonly Message[], signal: AbortSignal) => Promise<void>;
  readonly readings: ((target: Target) => readonly string[]) | null;
}

/** The drivers by their word in playbooks. To add one: its file, a line here, its contract test. */
export function driversFor(
  { docker, http, git, processes, files, records, ...rest }: Connections,
  parts: DriverParts,
): Drivers {
  const { clock, environment, vault, own, channels, tell, readings } = parts;
  const stack = { docker, compose: rest.compose, vault, clock, own };
  const copy = { copies: rest.copies, git, records, clock };
  const process = { processes, clock, hostRoot: files.hostRoot, records };
  return {
    evidence: evidenceDriver({ docker: parts.docker, readings }),
    'docker.rollback': dockerRollbackDriver({ docker, vault, clock, own }),
    'docker.restart': dockerRestartDriver({ docker, vault, clock, own }),
    'compose.rollback': composeRollbackDriver(stack),
    'compose.build': composeBuildDriver(stack),
    'compose.restart': composeRestartDriver({ ...stack, records }),
    'swarm.rollback': swarmRollbackDriver({ swarm: rest.swarm, docker, vault, clock }),
    'link.rollback': linkRollbackDriver({ processes, clock, http }),
    'process.stop': processStopDriver(process),
    'process.restart': processRestartDriver(process),
    'git.checkout_paths': gitCheckoutPathsDriver(copy),
    'git.reset': gitResetDriver(copy),
    'git.tag': gitTagDriver(copy),
    'git.revert': gitRevertDriver({ git, clock }),
    backup: backupDriver(parts),
    'database.backup': databaseBackupDriver({ ...parts, stores: rest.dataStores }),
    'database.restore': databaseRestoreDriver({ ...parts, records }),
    'database.revert': databaseRevertDriver({
      ...parts,
      stores: rest.dataStores,
      files,
      records,
      tools: rest.databaseTools,
    }),
    'file.restore': fileRestoreDriver({ ...parts, files, records }),
    'volume.snapshot': volumeSnapshotDriver({ ...parts, docker, records }),
    'volume.restore': volumeRestoreDriver({ ...parts, docker, records }),
    'write.quiesce': writeQuiesceDriver({
      clock,
      http,
      environment,
      stores: rest.dataStores,
      open: async (store, signal) => (await import('../clients/redis.ts')).openRedis(store, signal),
      files,
      records,
      restart: dockerRestartDriver({ docker, vault, clock, own }),
    }),
    'flags.set': flagsSetDriver({
      files,
      records,
      http,
      environment,
      stores: rest.dataStores,
      open: async (store, signal) => (await import('../clients/redis.ts')).openRedis(store, signal),
    }),
    'directory.clear': directoryClearDriver({ files, records }),
    'cache.invalidate': cacheInvalidateDriver({
      stores: rest.dataStores,
      // Loaded when it is needed: most plans have no cache in them.
      open: async (store, signal) => (await import('../clients/redis.ts')).openRedis(store, signal),
      answerer: parts.answers ? rest.prometheus : null,
      clock,
    }),
    'objects.restore': objectsRestoreDriver({
      ...parts,
      stores: rest.dataStores,
      // Loaded when it is needed: the library is a large one.
      open: async (store) => (await import('../clients/s3/bucket.ts')).openBucket(store),
      records,
    }),
    'offsets.reset': offsetsResetDriver({
      ...parts,
      stores: rest.dataStores,
      open: async (store, signal) => (await import('../clients/kafka/kafka.ts')).openKafka(store, signal),
      records,
    }),
    command: commandDriver({ processes }),
    http: httpDriver({ http, environment }),
    wait: waitDriver({ clock }),
    notify: notifyDriver({ clock, channels, tell }),
  } satisfies Drivers;
}
