import type { ApprovalPageEvent, RefusedAccess } from '../domain/access.ts';
import type { LedgerRow, RtoPhase } from '../domain/ports/store.ts';
import type { BackupSetView } from '../domain/ports/backups.ts';
import type { Severity } from '../domain/rule.ts';
import type { Verdict } from '../domain/reading.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { defineMetrics, type Definitions } from './metric-definitions.ts';
import { observeProcess } from './process-metrics.ts';

/** What the daemon is like at the instant of a scrape. */
export interface MetricsState {
  /** Epoch ms, by rule. */
  readonly lastEvaluations: ReadonlyMap<string, number>;
  /** Sources that cannot see. */
  readonly blind: readonly string[];
  readonly unknownSeries: Readonly<Record<string, number>>;
  /** Incidents that are not closed. */
  readonly open: readonly { readonly state: string; readonly severity: Severity }[];
  readonly journalSeq: number;
  /** Messages that are not sent yet. */
  readonly outboxPending: number;
  /** By name: whether nothing gets through. */
  readonly channels: ReadonlyMap<string, boolean>;
  readonly halted: boolean;
  /** The newest set of each recipe that was read back; none unless given. */
  readonly backups?: readonly BackupSetView[];
  /** Freezes in force. */
  readonly freezes: number;
  /** Targets on which a migration goes on. */
  readonly migrations: number;
  readonly scrape: {
    /** Since the start, by page. */
    readonly counts: ReadonlyMap<
      string,
      { readonly scrapes: number; readonly failures: number; readonly bytes: number }
    >;
    /** In memory. */
    readonly series: number;
    readonly bytes: number;
    /** Scraped pages answer for Prometheus. */
    readonly tookOver: boolean;
  };
}

/** How loading the configuration ended. */
export type Reload =
  | { readonly ended: 'loaded'; readonly digest: string; readonly environment: string }
  | { readonly ended: 'failed' };

/**
 * The metrics of one daemon. Counters are told as things happen; gauges are set from the state at each scrape, so none
 * can be stale. Nothing here throws, and no label grows without bound.
 */
export interface Metrics {
  verdict(rule: string, target: string, verdict: Verdict): void;
  effect(kind: string, outcome: string): void;
  /** Counts the incident, and observes each of its phases that happened. */
  closed(row: LedgerRow): void;
  /** Also told of the first load. Verdict series start over: rules and targets may be gone. */
  reloaded(reload: Reload): void;
  /** Requests that were not answered because of who sent them. */
  refusedAccess(refused: RefusedAccess): void;
  /** Something happened at the page behind an approval link. */
  approvalPage(event: ApprovalPageEvent): void;
  /** Something that came from Slack: how it ended, and a word of a closed list that says why. */
  slackTaken(ended: string, because: string): void;
  slackConnections(count: number): void;
  /** The page in the text format of Prometheus. */
  page(state: MetricsState): Promise<string>;
  /** Ends what measures the event loop. */
  close(): void;
}

export interface MetricsOptions {
  readonly clock: Clock;
  readonly version: string;
  /** Series a counter may have before new label values are counted as `other`. */
  readonly seriesLimit?: number;
}

/** Makes the metrics of one daemon, with a registry of their own. */
export function createMetrics({ clock, version, seriesLimit = 60_000 }: MetricsOptions): Metrics {
  const definitions = defineMetrics();
  const { registry, verdicts, effects, reloadFailures, lastReloadOk, lastReloadAt, build } = definitions;
  const closeProcess = observeProcess(registry);
  const admit = bounded(seriesLimit);
  build.set({ version }, 1);
  return {
    verdict: (rule, target, verdict) => {
      if (admit(`${rule}\n${target}\n${verdict}`)) verdicts.inc({ rule, target, verdict });
      else verdicts.inc({ rule: 'other', target: 'other', verdict });
    },
    effect: (kind, outcome) => effects.inc({ kind, outcome }),
    closed: (row) => observeClosed(definitions, row),
    reloaded: (reload) => {
      lastReloadOk.set(reload.ended === 'loaded' ? 1 : 0);
      if (reload.ended === 'failed') {
        reloadFailures.inc();
        return;
      }
      lastReloadAt.set(clock.wall() / 1_000);
      verdicts.reset();
      admit.reset();
      definitions.configuration.reset();
      definitions.configuration.set({ digest: reload.digest, environment: reload.environment }, 1);
    },
    refusedAccess: ({ why, count }) => definitions.refusedRequests.inc({ why }, count),
    approvalPage: (event) => definitions.approvalPage.inc({ event }),
    slackTaken: (ended, because) => definitions.slackTaken.inc({ ended, because }),
    slackConnections: (count) => definitions.slackConnections.set({ transport: 'socket' }, count),
    page: (state) => {
      setGauges(definitions, state, clock.now());
      return registry.metrics();
    },
    close: closeProcess,
  };
}

function observeClosed({ closed, rto }: Definitions, { severity, target, outcome, phases }: LedgerRow): void {
  closed.inc({ severity, outcome });
  for (const [phase, { actualMs }] of Object.entries(phases) as [RtoPhase, LedgerRow['phases'][RtoPhase]][])
    if (actualMs !== null) rto.observe({ phase, severity, target }, actualMs / 1_000);
}

function setGauges(definitions: Definitions, state: MetricsState, now: number): void {
  const { evaluationAge, blind, sourceBlind, unknownSeries, incidents } = definitions;
  evaluationAge.reset();
  for (const [rule, at] of state.lastEvaluations) evaluationAge.set({ rule }, Math.max(0, now - at) / 1_000);
  blind.set(state.blind.length);
  sourceBlind.reset();
  for (const source of state.blind) sourceBlind.set({ source }, 1);
  unknownSeries.reset();
  for (const [rule, count] of Object.entries(state.unknownSeries)) unknownSeries.set({ rule }, count);
  incidents.reset();
  for (const { state: name, severity } of state.open) incidents.inc({ state: name, severity });
  definitions.journalHead.set(state.journalSeq);
  definitions.outboxPending.set(state.outboxPending);
  definitions.channelFailing.reset();
  for (const [channel, failing] of state.channels)
    definitions.channelFailing.set({ channel }, failing ? 1 : 0);
  definitions.halted.set(state.halted ? 1 : 0);
  definitions.freezes.set(state.freezes);
  definitions.migrations.set(state.migrations);
  setScrape(definitions, state.scrape);
  definitions.backupAge.reset();
  definitions.backupBytes.reset();
  for (const { set, bytes } of state.backups ?? []) {
    definitions.backupAge.set({ recipe: set.recipe }, Math.max(0, now - set.madeAt) / 1_000);
    definitions.backupBytes.set({ recipe: set.recipe }, bytes);
  }
}

function setScrape(
  definitions: Definitions,
  { counts, series, bytes, tookOver }: MetricsState['scrape'],
): void {
  const { scrapes, scrapeFailures, scrapeBytes } = definitions;
  for (const counter of [scrapes, scrapeFailures, scrapeBytes]) counter.reset();
  for (const [page, count] of counts) {
    scrapes.inc({ page }, count.scrapes);
    scrapeFailures.inc({ page }, count.failures);
    scrapeBytes.inc({ page }, count.bytes);
  }
  definitions.scrapeSeries.set(series);
  definitions.scrapeMemory.set(bytes);
  definitions.fallback.set(tookOver ? 1 : 0);
}

/** Admits each key once it is known, and new ones up to a limit. */
function bounded(limit: number): { (key: string): boolean; reset(): void } {
  const known = new Set<string>();
  const admit = (key: string): boolean => {
    if (known.has(key)) return true;
    if (known.size >= limit) return false;
    known.add(key);
    return true;
  };
  return Object.assign(admit, { reset: () => known.clear() });
}
