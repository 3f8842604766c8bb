import type { Configuration } from '../domain/configuration.ts';
import type { CommandAnswer, Daemon } from '../domain/ports/daemon.ts';
import type { Store } from '../domain/ports/store.ts';
import type { Vault } from '../domain/ports/vault.ts';
import type { Book } from '../engine/book.ts';
import { madeTokens, wereEverMade } from '../engine/tokens.ts';
import type { Dispatcher } from '../notify/dispatcher.ts';
import { startServer, type Server } from '../server/server.ts';
import type { MadeTokens } from '../server/tokens.ts';
import { approvalPages } from './approval-pages.ts';
import { background } from './background.ts';
import { metricsState } from './metrics-state.ts';
import { daemonOf } from './daemon.ts';
import { examine } from './doctor.ts';
import type { Answerers } from './explain/explain.ts';
import { knowSecrets } from './log.ts';
import { Reloader } from './reload.ts';
import { slackOf, type Slack } from './slack.ts';
import { followFiles, type Followed } from './follow-files.ts';
import { keepHouse } from './house-keeping.ts';
import type { Engine } from '../engine/engine.ts';
import type { Parts } from '../engine/parts.ts';
import type { Metrics } from '../record/metrics.ts';
import { assemble, engineOf, type AppOptions, type Made } from './assembly.ts';
import type { Backing } from './backups.ts';
import type { Connections } from './connections.ts';

/** The running daemon. */
export interface App {
  readonly url: string;
  readonly daemon: Daemon;
  reload(): Promise<CommandAnswer>;
  /** Ends everything in reverse order; false when a step was still running after `graceMs`. May be called twice. */
  stop(graceMs: number): Promise<boolean>;
}

/**
 * Builds and starts the daemon: store, engine, messages, API, house-keeping. If something cannot start, what did is
 * stopped again in reverse.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { configuration, clock, log } = options;
  await using undo = new AsyncDisposableStack();
  const made = await assemble(options, undo);
  const { store, vault, metrics, connections, late, messaging, backing } = made;
  const { engine, parts } = await engineOf(options, made);
  late.engine = engine;
  const reloader = new Reloader({ ...options, engine, reloaded: (reload) => metrics.reloaded(reload) });
  const daemon = facade(options, { ...made, engine, parts, reloader });
  const { http, scraped } = connections;
  const { channels, dispatcher } = messaging;
  const slack = await slackOf({ engine, daemon, store, http, channels, clock, log, metrics });
  late.slack = slack;
  const server = await serve({ ...options, engine, daemon, store, vault, metrics, slack, backing });
  follow(options, { engine, server, reloader, connections });
  metrics.reloaded({ ended: 'loaded', digest: configuration.digest, environment: configuration.environment });
  undo.defer(() => server.close());
  undo.use(background((signal) => scraped.scraper.start(signal)));
  await engine.start();
  undo.defer(() => engine.stop(0).then(() => {}));
  undo.use(beside(engine, { dispatcher, slack, reloader, backing }));
  const teardown = undo.move();
  let stopping: Promise<boolean> | null = null;
  return {
    url: urlOf(server),
    daemon,
    reload: () => reloader.reload(),
    stop: (graceMs) => (stopping ??= stop(engine, teardown, graceMs)),
  };
}

interface Facing extends Made {
  readonly engine: Engine;
  readonly parts: Parts;
  readonly reloader: Reloader;
}

/** The daemon as its API and its commands see it. */
function facade({ configuration, version }: AppOptions, facing: Facing): Daemon {
  const { engine, parts, reloader, connections, late, messaging, journaled, metrics, backing, vault } =
    facing;
  const { scraped } = connections;
  const { book } = engine.core;
  const closed = (): boolean => book.configuration.tokens.length > 0 || wereEverMade(book);
  return daemonOf({
    engine,
    version,
    loaded: () => reloader.loaded(),
    reload: () => reloader.reload(),
    doctor: () =>
      examine({
        parts,
        connections,
        configuration: book.configuration,
        backups: backing?.backups ?? null,
        slack: late.slack,
        closed,
      }),
    answerers: answerersOf(configuration, connections),
    scrape: () => scraped.view(),
    vault,
    notifyTest: messaging.test,
    onJournaled: (call) => journaled.add(call),
    refusedAccess: (refused) => metrics.refusedAccess(refused),
    metrics: async () => metrics.page(await metricsState(engine, messaging.dispatcher, scraped, backing)),
  });
}

interface Beside {
  readonly dispatcher: Dispatcher;
  readonly slack: Slack;
  readonly reloader: Reloader;
  readonly backing: Backing | null;
}

/** What runs beside the engine, until it is disposed of. */
function beside(engine: Engine, { dispatcher, slack, reloader, backing }: Beside): AsyncDisposable {
  const { clock } = engine.core.parts;
  return background(
    (signal) => dispatcher.start(signal),
    (signal) => slack.start(signal),
    (signal) => keepHouse(engine, signal),
    (signal) => backing?.keep(signal) ?? Promise.resolve(),
    (signal) => followFiles(followed(engine, reloader), { clock, signal }),
  );
}

function urlOf({ address, port }: Server): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

interface Serving extends AppOptions {
  readonly engine: Engine;
  readonly daemon: Daemon;
  readonly store: Store;
  readonly vault: Vault;
  readonly metrics: Metrics;
  readonly slack: Slack;
  readonly backing: Backing | null;
}

/** Opens the API, with the pages beside it. */
function serve({ configuration, version, clock, log, ...parts }: Serving): Promise<Server> {
  const { engine, daemon, store, vault, metrics, slack, backing } = parts;
  const approval = approvalPages(configuration, { daemon, vault, clock, log, metrics });
  return startServer({
    daemon,
    listen: configuration.listen,
    tokens: configuration.tokens,
    made: () => madeIn(engine.core.book),
    inbox: store,
    ...(backing === null ? {} : { backups: backing.desk }),
    version,
    clock,
    log,
    ...approval,
    pages: [...(approval.pages ?? []), ...slack.pages],
  });
}

interface Following {
  readonly engine: Engine;
  readonly server: Server;
  readonly reloader: Reloader;
  readonly connections: Connections;
}

/** What else takes over a configuration that is in force from now on. */
function follow({ log }: AppOptions, { engine, server, reloader, connections }: Following): void {
  const { scraped } = connections;
  reloader.onLoaded = (loaded) => {
    knowSecrets(log.scrubber, loaded);
    server.useTokens(loaded.tokens);
    scraped.scraper.configure(loaded.scrape?.pages ?? []);
  };
  scraped.onTakeOver = (change) => note(engine, change);
}

/** Who can be asked to explain a query. */
function answerersOf({ prometheus }: Configuration, connections: Connections): Answerers {
  const { scraped } = connections;
  const scrape = scraped.answerer;
  return prometheus === null ? { scrape } : { scrape, prometheus: connections.prometheus, fallback: scraped };
}

/** Not known until the engine has loaded its book. */
function madeIn(book: Book): MadeTokens | null {
  return book.loaded ? { tokens: madeTokens(book), ever: wereEverMade(book) } : null;
}

/** Journals something that no event of the engine led to. */
function note({ core }: Engine, change: { readonly type: string; readonly message: string }): void {
  core.turn((turn) => turn.note(change)).catch((error: unknown) => core.fail(error));
}

function followed(engine: Engine, reloader: Reloader): Followed {
  return {
    watching: () => engine.core.book.configuration.reload.watch,
    marks: () => reloader.marks(),
    marksNow: () => reloader.marksNow(),
    follow: () => reloader.follow().catch((error: unknown) => engine.core.fail(error)),
  };
}

async function stop(engine: Engine, teardown: AsyncDisposableStack, graceMs: number): Promise<boolean> {
  const ended = await engine.stop(graceMs);
  await teardown.disposeAsync();
  return ended;
}
