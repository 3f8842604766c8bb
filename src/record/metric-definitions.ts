import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Bounds in s. The objectives (1 m, 2 m, 3 m, 5 m, 10 m) are bounds, so that shares within them are exact. */
export const rtoBuckets = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 90, 120, 180, 300, 450, 600, 900, 1_800, 3_600];

/** Every metric by its part in the code, with the registry that holds them all. */
export type Definitions = ReturnType<typeof defineMetrics>;

/** Declares every metric in a registry of its own. */
export function defineMetrics() {
  const registry = new Registry();
  return {
    registry,
    ...detection(registry),
    ...scraping(registry),
    ...incidents(registry),
    ...daemon(registry),
    ...backing(registry),
  };
}

function detection(registry: Registry) {
  const registers = [registry];
  return {
    verdicts: new Counter({
      name: 'rollbackd_verdicts_total',
      help: 'What rules said of readings.',
      labelNames: ['rule', 'target', 'verdict'] as const,
      registers,
    }),
    evaluationAge: new Gauge({
      name: 'rollbackd_last_evaluation_age_seconds',
      help: 'Time since the rule was last evaluated.',
      labelNames: ['rule'] as const,
      registers,
    }),
    blind: new Gauge({
      name: 'rollbackd_blind_sources',
      help: 'Sources that have been unknown for longer than blind_after.',
      registers,
    }),
    sourceBlind: new Gauge({
      name: 'rollbackd_source_blind',
      help: '1 for each source that has been unknown for longer than blind_after.',
      labelNames: ['source'] as const,
      registers,
    }),
    unknownSeries: new Gauge({
      name: 'rollbackd_unknown_series',
      help: 'Series in the last answer that belong to no target.',
      labelNames: ['rule'] as const,
      registers,
    }),
  };
}

function backing(registry: Registry) {
  const registers = [registry];
  const ofRecipe = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['recipe'] as const, registers });
  return {
    backupAge: ofRecipe(
      'rollbackd_backup_age_seconds',
      'Time since the newest backup set of the recipe that was read back.',
    ),
    backupBytes: ofRecipe(
      'rollbackd_backup_bytes',
      'Size of the newest backup set of the recipe that was read back, as stored.',
    ),
  };
}

function scraping(registry: Registry) {
  const registers = [registry];
  const ofPage = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['page'] as const, registers });
  const plain = (name: string, help: string) => new Gauge({ name, help, registers });
  return {
    scrapes: ofPage('rollbackd_scrapes_total', 'Scrapes of the page that ended.'),
    scrapeFailures: ofPage('rollbackd_scrape_failures_total', 'Scrapes of the page that failed as a whole.'),
    scrapeBytes: ofPage('rollbackd_scraped_bytes_total', 'Bytes of the page that were read, decompressed.'),
    scrapeSeries: plain('rollbackd_scraped_series', 'Series of all pages in memory.'),
    scrapeMemory: plain(
      'rollbackd_scraped_memory_bytes',
      'Memory of those series, computed from their sizes.',
    ),
    fallback: plain('rollbackd_fallback_active', '1 while scraped pages answer because Prometheus does not.'),
  };
}

function incidents(registry: Registry) {
  const registers = [registry];
  return {
    incidents: new Gauge({
      name: 'rollbackd_incidents',
      help: 'Incidents that are not closed.',
      labelNames: ['state', 'severity'] as const,
      registers,
    }),
    closed: new Counter({
      name: 'rollbackd_incidents_closed_total',
      help: 'Incidents that reached their outcome.',
      labelNames: ['severity', 'outcome'] as const,
      registers,
    }),
    rto: new Histogram({
      name: 'rollbackd_rto_seconds',
      help: 'How long each phase of an incident took.',
      labelNames: ['phase', 'severity', 'target'] as const,
      buckets: rtoBuckets,
      registers,
    }),
    effects: new Counter({
      name: 'rollbackd_effects_total',
      help: 'Effects that ended.',
      labelNames: ['kind', 'outcome'] as const,
      registers,
    }),
  };
}

function daemon(registry: Registry) {
  const registers = [registry];
  const plain = (name: string, help: string) => new Gauge({ name, help, registers });
  return {
    build: new Gauge({
      name: 'rollbackd_build_info',
      help: '1, with the version of the daemon.',
      labelNames: ['version'] as const,
      registers,
    }),
    configuration: new Gauge({
      name: 'rollbackd_configuration_info',
      help: '1, with the digest of the configuration that runs.',
      labelNames: ['digest', 'environment'] as const,
      registers,
    }),
    reloadFailures: new Counter({
      name: 'rollbackd_configuration_reload_failures_total',
      help: 'Reloads that failed, so that the configuration before them went on.',
      registers,
    }),
    refusedRequests: new Counter({
      name: 'rollbackd_api_refused_requests_total',
      help: 'Requests that were not answered because of who sent them.',
      labelNames: ['why'] as const,
      registers,
    }),
    approvalPage: new Counter({
      name: 'rollbackd_approval_page_total',
      help: 'What happened at the pages behind approval links.',
      labelNames: ['event'] as const,
      registers,
    }),
    slackTaken: new Counter({
      name: 'rollbackd_slack_total',
      help: 'Clicks, commands and forged requests from Slack, by how they ended and why.',
      labelNames: ['ended', 'because'] as const,
      registers,
    }),
    slackConnections: new Gauge({
      name: 'rollbackd_slack_connections',
      help: 'Connections over which clicks in Slack arrive; there is none without Socket Mode.',
      labelNames: ['transport'] as const,
      registers,
    }),
    lastReloadOk: plain(
      'rollbackd_configuration_last_reload_successful',
      '1 when the last attempt to load the configuration succeeded.',
    ),
    lastReloadAt: plain(
      'rollbackd_configuration_last_reload_success_timestamp_seconds',
      'When the configuration was last loaded, Unix time.',
    ),
    journalHead: plain('rollbackd_journal_head_seq', 'Number of the last entry of the journal.'),
    outboxPending: plain('rollbackd_outbox_pending', 'Messages that are not sent yet.'),
    channelFailing: new Gauge({
      name: 'rollbackd_channel_failing',
      help: '1 while no message gets through to the channel, for five minutes and more.',
      labelNames: ['channel'] as const,
      registers,
    }),
    halted: plain('rollbackd_halted', '1 while no effect may start.'),
    freezes: plain('rollbackd_frozen', 'Freezes in force; 0 when there is none.'),
    migrations: plain('rollbackd_migrations_open', 'Targets on which a migration goes on.'),
  };
}
