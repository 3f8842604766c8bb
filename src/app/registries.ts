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
import { noArrivals, type Arrivals } from '../domain/ports/arrivals.ts';
import type { Backups } from '../domain/ports/backups.ts';
import type { Drivers } from '../domain/ports/driver.ts';
import { noReports, type BugReports } from '../domain/ports/reports.ts';
import type { Sources } from '../domain/ports/source.ts';
import { commandDriver } from '../rollback/drivers/command.ts';
import { evidenceDriver } from '../rollback/drivers/evidence.ts';
import { httpDriver } from '../rollback/drivers/http.ts';
import { notifyDriver } from '../rollback/drivers/notify.ts';
import { waitDriver } from '../rollback/drivers/wait.ts';
import type { Connections, Surroundings } from './connections.ts';
import { dataDrivers } from './drivers/data.ts';
import type { DriverParts } from './drivers/driver-parts.ts';
import { releaseDrivers } from './drivers/releases.ts';

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

/** The drivers by their word in playbooks. To add one: its file, a line here or in `drivers/`, its contract test. */
export function driversFor(connections: Connections, parts: DriverParts): Drivers {
  const { http, processes } = connections;
  const { clock, environment, channels, tell, readings } = parts;
  return {
    evidence: evidenceDriver({ docker: parts.docker, readings }),
    ...releaseDrivers(connections, parts),
    ...dataDrivers(connections, parts),
    command: commandDriver({ processes }),
    http: httpDriver({ http, environment }),
    wait: waitDriver({ clock }),
    notify: notifyDriver({ clock, channels, tell }),
  } satisfies Drivers;
}
