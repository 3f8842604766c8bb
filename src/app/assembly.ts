import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Configuration } from '../domain/configuration.ts';
import { policyOf } from '../domain/environment.ts';
import type { Store } from '../domain/ports/store.ts';
import type { Vault } from '../domain/ports/vault.ts';
import { reportsOf } from '../engine/bug-reports.ts';
import { Engine } from '../engine/engine.ts';
import type { Parts } from '../engine/parts.ts';
import { createMetrics, type Metrics } from '../record/metrics.ts';
import { openSqliteStore } from '../store/sqlite/open.ts';
import { backingOf, type Backing } from './backups.ts';
import { connect, vaultIn, type Connections, type Surroundings } from './connections.ts';
import { Listeners } from './listeners.ts';
import type { systemLog } from './log.ts';
import { messagingOf, type Messaging } from './messaging.ts';
import { makeParts } from './parts.ts';
import type { Slack } from './slack.ts';
import { watcherOf } from './watcher.ts';

export interface AppOptions extends Surroundings {
  readonly configuration: Configuration;
  /** Path of the main configuration file, for reloading. */
  readonly path: string;
  readonly version: string;
  readonly log: ReturnType<typeof systemLog>;
  /** Called once when the daemon cannot go on. */
  readonly onFatal: (error: unknown) => void;
  /** Hears of every journal entry as it is committed; the demo prints them. */
  readonly onEntry?: (entry: {
    readonly type: string;
    readonly message: string;
    readonly at: number;
  }) => void;
}

/** What the engine works with, and what asks it once it is there. */
export interface Made {
  readonly store: Store;
  readonly vault: Vault;
  readonly metrics: Metrics;
  readonly connections: Connections;
  readonly late: { engine: Engine | null; slack: Slack | null };
  readonly messaging: Messaging;
  readonly journaled: Listeners;
  readonly backing: Backing | null;
}

/** Opens the store and the ways to people, services and backups. What is opened is closed with `undo`. */
export async function assemble(options: AppOptions, undo: AsyncDisposableStack): Promise<Made> {
  const { configuration, clock, log, version } = options;
  mkdirSync(dirname(configuration.store), { recursive: true, mode: 0o700 });
  const store = await openSqliteStore({ path: configuration.store, clock });
  undo.defer(() => store.close());
  const vault = await vaultIn(configuration.stateDir);
  const metrics = createMetrics({ clock, version });
  undo.defer(() => metrics.close());
  const connections = connect(configuration, options);
  const late: Made['late'] = { engine: null, slack: null };
  const engine = (): Engine | null => late.engine;
  const told = { http: connections.http, store, vault, clock, log, engine };
  const messaging = await messagingOf(configuration, told);
  const backing = await backingOf(configuration, { connections, clock, log, version, engine });
  if (backing !== null) undo.use(backing.desk);
  return { store, vault, metrics, connections, late, messaging, journaled: new Listeners(), backing };
}

/** The engine and its parts. Starts nothing. */
export async function engineOf(
  options: AppOptions,
  made: Made,
): Promise<{ readonly engine: Engine; readonly parts: Parts }> {
  const { configuration, log, onFatal } = options;
  const { store, vault, metrics, connections, late, journaled, backing } = made;
  const { channels, dispatcher, links } = made.messaging;
  const watcher = watcherOf({
    journaled,
    metrics,
    log,
    wake: () => dispatcher.wake(),
    onEntry: (entry) => {
      const about = entry.incident === null ? everybodyWaiting(entry.type, late.engine) : [entry.incident];
      for (const channel of channels) for (const incident of about) channel.refresh?.(incident);
      options.onEntry?.(entry);
    },
  });
  const reports = {
    of: (target: string) => (late.engine === null ? [] : reportsOf(late.engine.core.book, target)),
  };
  const now = (): Configuration => late.engine?.core.book.configuration ?? configuration;
  const parts = await makeParts({
    ...options,
    connections,
    store,
    vault,
    channels,
    links,
    watcher,
    reports,
    backups: backing?.backups ?? null,
    ...(backing === null ? {} : { backupSet: (id) => backing.desk.find(id) }),
    isDevelopment: () => policyOf(now()).backups === 'skipped',
    worth: () => ({ risks: now().dataRisks, stores: now().dataStores }),
  });
  return { engine: new Engine(parts, configuration, onFatal), parts };
}

/** A halt, and its end, change what can be answered. */
function everybodyWaiting(type: string, engine: Engine | null): readonly string[] {
  if (engine === null || (type !== 'halted' && type !== 'unhalted')) return [];
  return engine.core.book.open().map(({ incident }) => incident.context.id);
}
