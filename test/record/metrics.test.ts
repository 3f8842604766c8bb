import { describe, expect, onTestFinished, test } from 'vitest';
import { createMetrics, type Metrics, type MetricsState } from '../../src/record/metrics.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { ledger } from '../store/samples.ts';

const quiet: MetricsState = {
  scrape: { counts: new Map(), series: 0, bytes: 0, tookOver: false },
  lastEvaluations: new Map(),
  blind: [],
  unknownSeries: {},
  open: [],
  journalSeq: 0,
  outboxPending: 0,
  channels: new Map(),
  halted: false,
  freezes: 0,
  migrations: 0,
};

function metrics(clock = new SimulatedClock(), seriesLimit = 100): Metrics {
  const made = createMetrics({ clock, version: '0.1.0', seriesLimit });
  onTestFinished(() => made.close());
  return made;
}

/** The samples of some metrics, without the lines of help. */
async function lines(page: Promise<string>, ...names: string[]): Promise<string[]> {
  return (await page)
    .split('\n')
    .filter((line) => names.some((name) => new RegExp(`^${name}[ {]`).test(line)));
}

describe('what is counted as it happens', () => {
  test('verdicts by rule, target and verdict', async () => {
    const all = metrics();
    all.verdict('layra/memory', 'shop', 'ok');
    all.verdict('layra/memory', 'shop', 'ok');
    all.verdict('layra/memory', 'shop', 'no_data');

    expect(await lines(all.page(quiet), 'rollbackd_verdicts_total')).toEqual([
      'rollbackd_verdicts_total{rule="layra/memory",target="shop",verdict="ok"} 2',
      'rollbackd_verdicts_total{rule="layra/memory",target="shop",verdict="no_data"} 1',
    ]);
  });

  test('effects by kind and outcome', async () => {
    const all = metrics();
    all.effect('docker.rollback', 'done');
    all.effect('docker.rollback', 'failed');

    expect(await lines(all.page(quiet), 'rollbackd_effects_total')).toEqual([
      'rollbackd_effects_total{kind="docker.rollback",outcome="done"} 1',
      'rollbackd_effects_total{kind="docker.rollback",outcome="failed"} 1',
    ]);
  });

  test('incidents that ended, and how long each of their phases took', async () => {
    const all = metrics();
    const row = ledger({});
    const none = { actualMs: null, objectiveMs: null };
    all.closed({
      ...row,
      phases: {
        detection: { actualMs: 60_000, objectiveMs: 70_000 },
        decision: none,
        people: none,
        rollback: none,
        verification: none,
        total: none,
        total_without_people: none,
      },
    });

    expect(
      await lines(all.page(quiet), 'rollbackd_incidents_closed_total', 'rollbackd_rto_seconds\\w*'),
    ).toEqual([
      'rollbackd_incidents_closed_total{severity="critical",outcome="rolled_back"} 1',
      ...[0.1, 0.5, 1, 2, 5, 10, 20, 30].map(
        (le) =>
          `rollbackd_rto_seconds_bucket{le="${le}",phase="detection",severity="critical",target="shop"} 0`,
      ),
      ...[60, 90, 120, 180, 300, 450, 600, 900, 1800, 3600, '+Inf'].map(
        (le) =>
          `rollbackd_rto_seconds_bucket{le="${le}",phase="detection",severity="critical",target="shop"} 1`,
      ),
      'rollbackd_rto_seconds_sum{phase="detection",severity="critical",target="shop"} 60',
      'rollbackd_rto_seconds_count{phase="detection",severity="critical",target="shop"} 1',
    ]);
  });

  test('only the phases that happened', async () => {
    const all = metrics();
    all.closed(ledger({}));

    expect(await lines(all.page(quiet), 'rollbackd_rto_seconds_sum')).toEqual(
      [
        ['detection', 60],
        ['decision', 0.012],
        ['rollback', 9],
        ['verification', 41],
        ['total', 110.012],
        ['total_without_people', 110.012],
      ].map(
        ([phase, sum]) =>
          `rollbackd_rto_seconds_sum{phase="${phase}",severity="critical",target="shop"} ${sum}`,
      ),
    );
  });
});

describe('what is set at each scrape', () => {
  const names = [
    'rollbackd_last_evaluation_age_seconds',
    'rollbackd_blind_sources',
    'rollbackd_source_blind',
    'rollbackd_unknown_series',
    'rollbackd_incidents',
    'rollbackd_journal_head_seq',
    'rollbackd_outbox_pending',
    'rollbackd_channel_failing',
    'rollbackd_halted',
    'rollbackd_frozen',
    'rollbackd_migrations_open',
    'rollbackd_scrape\\w*',
    'rollbackd_fallback_active',
  ];

  test('is the state at that instant, and nothing of the one before', async () => {
    const clock = new SimulatedClock();
    const all = metrics(clock);
    await clock.advance(12_500);

    const page = all.page({
      lastEvaluations: new Map([['layra/memory', start]]),
      blind: ['prometheus'],
      unknownSeries: { 'layra/memory': 3 },
      open: [
        { state: 'asking', severity: 'high' },
        { state: 'asking', severity: 'high' },
        { state: 'handed_over', severity: 'critical' },
      ],
      journalSeq: 42,
      outboxPending: 7,
      channels: new Map([
        ['slack', true],
        ['email', false],
      ]),
      halted: true,
      freezes: 2,
      migrations: 1,
      scrape: {
        counts: new Map([['shop', { scrapes: 60, failures: 2, bytes: 90_000 }]]),
        series: 1_003,
        bytes: 4_900_000,
        tookOver: true,
      },
    });

    expect(await lines(page, ...names)).toEqual([
      'rollbackd_last_evaluation_age_seconds{rule="layra/memory"} 12.5',
      'rollbackd_blind_sources 1',
      'rollbackd_source_blind{source="prometheus"} 1',
      'rollbackd_unknown_series{rule="layra/memory"} 3',
      'rollbackd_scrapes_total{page="shop"} 60',
      'rollbackd_scrape_failures_total{page="shop"} 2',
      'rollbackd_scraped_bytes_total{page="shop"} 90000',
      'rollbackd_scraped_series 1003',
      'rollbackd_scraped_memory_bytes 4900000',
      'rollbackd_fallback_active 1',
      'rollbackd_incidents{state="asking",severity="high"} 2',
      'rollbackd_incidents{state="handed_over",severity="critical"} 1',
      'rollbackd_journal_head_seq 42',
      'rollbackd_outbox_pending 7',
      'rollbackd_channel_failing{channel="slack"} 1',
      'rollbackd_channel_failing{channel="email"} 0',
      'rollbackd_halted 1',
      'rollbackd_frozen 2',
      'rollbackd_migrations_open 1',
    ]);
    expect(await lines(all.page(quiet), ...names)).toEqual([
      'rollbackd_blind_sources 0',
      'rollbackd_scraped_series 0',
      'rollbackd_scraped_memory_bytes 0',
      'rollbackd_fallback_active 0',
      'rollbackd_journal_head_seq 0',
      'rollbackd_outbox_pending 0',
      'rollbackd_halted 0',
      'rollbackd_frozen 0',
      'rollbackd_migrations_open 0',
    ]);
  });

  test('holds the process too', async () => {
    const page = await metrics().page(quiet);

    expect(page).toMatch(/^rollbackd_build_info\{version="0\.1\.0"\} 1$/m);
    expect(page).toMatch(/^rollbackd_event_loop_delay_seconds\{quantile="0\.99"\} \d/m);
    expect(page).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
    expect(page).toMatch(/^process_cpu_seconds_total \d/m);
  });
});

describe('loading the configuration', () => {
  const names = ['rollbackd_configuration_\\w+', 'rollbackd_verdicts_total'];

  test('that failed says so, and leaves what ran', async () => {
    const all = metrics();
    all.reloaded({ ended: 'loaded', digest: 'd1', environment: 'production' });
    all.verdict('layra/memory', 'shop', 'ok');
    all.reloaded({ ended: 'failed' });

    expect(await lines(all.page(quiet), ...names)).toEqual([
      'rollbackd_verdicts_total{rule="layra/memory",target="shop",verdict="ok"} 1',
      'rollbackd_configuration_info{digest="d1",environment="production"} 1',
      'rollbackd_configuration_reload_failures_total 1',
      'rollbackd_configuration_last_reload_successful 0',
      `rollbackd_configuration_last_reload_success_timestamp_seconds ${start / 1_000}`,
    ]);
  });

  test('that succeeded replaces the digest, and lets go of series that may be gone', async () => {
    const all = metrics();
    all.reloaded({ ended: 'loaded', digest: 'd1', environment: 'production' });
    all.verdict('layra/memory', 'shop', 'ok');
    all.reloaded({ ended: 'loaded', digest: 'd2', environment: 'production' });

    expect(await lines(all.page(quiet), ...names)).toEqual([
      'rollbackd_configuration_info{digest="d2",environment="production"} 1',
      'rollbackd_configuration_reload_failures_total 0',
      'rollbackd_configuration_last_reload_successful 1',
      `rollbackd_configuration_last_reload_success_timestamp_seconds ${start / 1_000}`,
    ]);
  });
});

describe('labels', () => {
  test('do not grow without bound: beyond the limit, new ones are counted as other', async () => {
    const all = metrics(new SimulatedClock(), 2);
    for (const target of ['a', 'b', 'c', 'd', 'a']) all.verdict('rule', target, 'ok');

    expect(await lines(all.page(quiet), 'rollbackd_verdicts_total')).toEqual([
      'rollbackd_verdicts_total{rule="rule",target="a",verdict="ok"} 2',
      'rollbackd_verdicts_total{rule="rule",target="b",verdict="ok"} 1',
      'rollbackd_verdicts_total{rule="other",target="other",verdict="ok"} 2',
    ]);
  });

  test('are apart for two daemons in one process', async () => {
    const [one, other] = [metrics(), metrics()];
    one.effect('wait', 'done');

    expect(await lines(other.page(quiet), 'rollbackd_effects_total')).toEqual([]);
  });
});
