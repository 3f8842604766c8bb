import { ownContainerId } from '../clients/docker/own-container.ts';
import { crontab } from '../clients/crontab.ts';
import { connectTcp } from '../clients/tcp.ts';
import { decider } from '../decide/decider.ts';
import { Detector } from '../detect/detector.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { DataStore } from '../domain/data-store.ts';
import { RollbackError } from '../domain/errors.ts';
import type { Backups } from '../domain/ports/backups.ts';
import type { DataWorth } from '../domain/data-risk.ts';
import type { Arrivals } from '../domain/ports/arrivals.ts';
import type { Channel } from '../domain/ports/channel.ts';
import type { BugReports } from '../domain/ports/reports.ts';
import type { Store } from '../domain/ports/store.ts';
import type { Vault } from '../domain/ports/vault.ts';
import type { Target } from '../domain/target.ts';
import { audienceOf } from '../domain/routes.ts';
import type { Parts, Watcher } from '../engine/parts.ts';
import type { Links } from '../notify/compose.ts';
import { ledgerRow } from '../record/ledger.ts';
import type { Scrubber } from '../record/scrubber.ts';
import { dockerKeeper } from '../releases/keeper.ts';
import { containerObserver } from '../releases/observers/container.ts';
import { linkObserver } from '../releases/observers/link.ts';
import { repositoryObserver } from '../releases/observers/repository.ts';
import { schemaObserver } from '../releases/observers/schema.ts';
import { stackObserver } from '../releases/observers/stack.ts';
import { swarmObserver } from '../releases/observers/swarm.ts';
import { registry } from '../releases/registry.ts';
import { planner } from '../rollback/planner.ts';
import { confirmer } from '../verify/confirmer.ts';
import { verifier } from '../verify/verifier.ts';
import type { Connections, Surroundings } from './connections.ts';
import { haltFile } from './halt-file.ts';
import { randomIds } from './ids.ts';
import { ledgerInput } from './ledger-input.ts';
import { driversFor, sourcesFor } from './registries.ts';
import { tell } from './telling.ts';

/** What the parts are made of. */
export interface Making extends Surroundings {
  readonly configuration: Configuration;
  readonly connections: Connections;
  readonly store: Store;
  readonly reports: BugReports;
  readonly vault: Vault;
  /** null where none are configured. */
  readonly backups: Backups | null;
  readonly backupSet?: Parts['backupSet'];
  readonly isDevelopment: () => boolean;
  /** What data is worth. */
  readonly worth: () => DataWorth;
  readonly channels: readonly Channel[];
  readonly links: Links;
  readonly watcher: Watcher;
  readonly log: { readonly scrubber: Scrubber };
}

/** Builds every part of the engine: the one place that knows all concrete classes. Starts nothing. */
export async function makeParts(making: Making): Promise<Parts> {
  const { configuration, connections, store, vault, channels, links, watcher, clock, log } = making;
  const releases = registry();
  const arrivals: Arrivals = { of: (target) => releases.arrival(target) };
  const reading = { ...making, arrivals };
  const sources = sourcesFor(connections, reading, configuration.hostRoot, making.reports);
  const detection = new Detector({
    clock,
    sources,
    deploys: {
      inGrace: (target) => releases.inGrace(target, clock.now()),
      deploying: (target) => releases.deploying(target, clock.now()),
      watchedClosely: (target) => (releases.migrating(target, clock.now())?.again ?? null) !== null,
    },
  });
  const docker = configuration.docker === null ? null : connections.docker;
  const drivers = driversFor(connections, {
    ...making,
    docker,
    own: { containerId: await ownContainerId(), hosts: ownHosts(configuration) },
    answers: configuration.prometheus !== null,
    channels: namesInHouse(channels, configuration),
    tell: (outbox) => store.commit({ outbox }),
    readings: (target: Target) =>
      detection.views(target.name).map(({ rule, verdict, detail }) => `${rule}: ${verdict}, ${detail}`),
  });
  return {
    clock,
    ids: randomIds,
    store,
    detection,
    releases,
    observers: [
      ...(docker === null
        ? []
        : [
            containerObserver({ docker, vault, clock }),
            stackObserver({ docker, compose: connections.compose, vault, clock }),
            swarmObserver({ swarm: connections.swarm, vault, clock }),
          ]),
      linkObserver({ clock }),
      repositoryObserver({ git: connections.git, clock }),
      schemaObserver({
        clock,
        versionOf: (name, signal) => schemaVersionOf(connections.dataStores[name], name, making, signal),
      }),
    ],
    keeper: docker === null ? null : dockerKeeper({ docker, replacedMs: configuration.retention.replacedMs }),
    drivers,
    orphans: connections.orphans,
    planner: planner(drivers, making),
    verifier: verifier({
      clock,
      sources,
      connect: (address, signal) => connectTcp(address, clock, signal),
      run: (run, timeoutMs, signal) =>
        connections.processes.run({ run, opId: null, deadlineMs: timeoutMs }, signal),
    }),
    confirmer,
    decider: decider(crontab()),
    channels,
    haltFile: () => haltFile(configuration.haltFile),
    compose: (entry, incident, channel, directory) => tell(entry, incident, channel, directory, links),
    scrub: (text) => log.scrubber.scrub(text),
    ledger: (closed) => ledgerRow(ledgerInput(closed)),
    watcher,
    ...(making.backupSet === undefined ? {} : { backupSet: making.backupSet }),
  };
}

async function schemaVersionOf(
  store: DataStore | undefined,
  name: string,
  { configuration }: Making,
  signal: AbortSignal,
): Promise<string> {
  if (store === undefined) throw new RollbackError('NOT_FOUND', `there is no data store ${name}`);
  const { readSchemaVersion } = await import('../clients/databases/schema-version.ts');
  return readSchemaVersion(store, configuration.hostRoot, signal);
}

/** Plans speak to the team; what others are told stands in communication plans. */
function namesInHouse(channels: readonly Channel[], configuration: Configuration): readonly string[] {
  const names = channels.map(({ name }) => name);
  return names.filter((name) => audienceOf(name, configuration.channels) === 'internal');
}

/** Host names of what rollbackd works through; a container of that name is never touched. */
function ownHosts({ prometheus, docker }: Configuration): readonly string[] {
  const urls = [prometheus?.url, docker !== null && 'url' in docker ? docker.url : undefined];
  return urls.flatMap((url) => (url === undefined ? [] : [new URL(url).hostname]));
}
