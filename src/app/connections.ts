import { mkdirSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { openCompose, type Compose } from '../clients/compose/compose.ts';
import { openDocker } from '../clients/docker/client.ts';
import type { Docker } from '../clients/docker/docker.ts';
import { databaseTools, type DatabaseTools } from '../clients/databases/tools.ts';
import { openContainerPrograms, type ContainerPrograms } from '../clients/docker/exec.ts';
import { openSwarm, type Swarm } from '../clients/docker/swarm.ts';
import { git, type Git } from '../clients/git/git.ts';
import { localCopies, type LocalCopies } from '../clients/git/local-copy.ts';
import { httpClient, type HttpClient } from '../clients/http.ts';
import { orphans } from '../clients/process/orphans.ts';
import { processes, type Processes } from '../clients/process/runner.ts';
import { prometheusAnswerer } from '../clients/prometheus.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { Answerer } from '../domain/ports/answerer.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Orphans } from '../domain/ports/orphans.ts';
import type { Vault } from '../domain/ports/vault.ts';
import type { Variables } from '../domain/variables.ts';
import type { FileRoots } from '../clients/files/held-folder.ts';
import { effectRecords, type EffectRecords } from '../clients/files/records.ts';
import { openVault } from '../releases/vault.ts';
import type { HostMemory } from '../rollback/stack/task.ts';
import { scrapedFor, type Scraped } from './scraping.ts';

/** The daemon's ways into the outside world. Making them calls nothing yet. */
export interface Connections {
  readonly http: HttpClient;
  readonly docker: Docker;
  readonly compose: Compose;
  readonly hostMemory: () => HostMemory | null;
  readonly swarm: Swarm;
  readonly containerPrograms: ContainerPrograms;
  readonly prometheus: Answerer;
  readonly scraped: Scraped;
  readonly processes: Processes;
  readonly orphans: Orphans;
  readonly git: Git;
  /** Working copies on this host, inside of where steps may change files. */
  readonly copies: LocalCopies;
  /** Where steps may change files, and the notes about what they did. */
  readonly files: FileRoots;
  readonly records: EffectRecords;
  readonly dataStores: Endpoints['dataStores'];
  /** The tools that come with the servers of databases. */
  readonly databaseTools: DatabaseTools;
}

export type Surroundings = {
  readonly clock: Clock;
  readonly environment: Variables;
};

/** What the connections need of the configuration. */
export type Endpoints = Pick<
  Configuration,
  | 'prometheus'
  | 'scrape'
  | 'docker'
  | 'stateDir'
  | 'allowedPrograms'
  | 'fileRoots'
  | 'dataStores'
  | 'hostRoot'
  | 'gitProtocols'
>;

/** Endpoints for reading a configuration before there is one: the registries' schemas need no connection. */
export const noEndpoints: Endpoints = {
  prometheus: null,
  scrape: null,
  docker: null,
  stateDir: '/nonexistent',
  allowedPrograms: [],
  fileRoots: [],
  dataStores: {},
  hostRoot: '/',
  gitProtocols: [],
};

export function connect(endpoints: Endpoints, { clock, environment }: Surroundings): Connections {
  const { prometheus, scrape, docker, stateDir, allowedPrograms, fileRoots, hostRoot, gitProtocols } =
    endpoints;
  const http = httpClient({ clock });
  const endpoint = docker ?? { socket: '/var/run/docker.sock' };
  const containerPrograms = openContainerPrograms({ endpoint, clock });
  const server = prometheusAnswerer({
    http,
    url: prometheus?.url ?? 'http://127.0.0.1:9090',
    timeoutMs: prometheus?.timeoutMs ?? 5_000,
    headers: prometheus?.headers ?? {},
  });
  return {
    http,
    docker: openDocker({ endpoint, clock }),
    swarm: openSwarm({ endpoint, clock }),
    containerPrograms,
    databaseTools: databaseTools({ clock, stateDir, containers: containerPrograms }),
    compose: openCompose({ endpoint, program: docker?.compose ?? null, stateDir, clock, environment }),
    // Only an engine behind a socket is known to be on this host.
    hostMemory: () => ('socket' in endpoint ? { freeBytes: freemem(), totalBytes: totalmem() } : null),
    prometheus: server,
    scraped: scrapedFor({ scrape, prometheus: prometheus ?? undefined }, { http, clock, prometheus: server }),
    processes: processes({ clock, stateDir, allowedPrograms, environment }),
    orphans: orphans({ clock, stateDir }),
    files: { hostRoot, roots: fileRoots },
    records: effectRecords(stateDir, clock),
    dataStores: endpoints.dataStores,
    copies: localCopies({ files: { hostRoot, roots: fileRoots }, stateDir, clock }),
    git: git({ stateDir, protocols: gitProtocols, environment }),
  };
}

/** The key file is made at the first start, beside everything else that must survive. */
export function vaultIn(stateDir: string): Promise<Vault> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  return openVault(join(stateDir, 'key'));
}
