import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runBacktest } from '../../../src/app/backtest.ts';
import { backtest } from '../../../src/app/backtest/backtest.ts';
import { sortRules } from '../../../src/app/backtest/questions.ts';
import { sceneOf } from '../../../src/app/backtest/scene.ts';
import { noCache } from '../../../src/backtest/cache.ts';
import { fetched } from '../../../src/backtest/fetching.ts';
import { plainInk } from '../../../src/backtest/plain-ink.ts';
import { recorded } from '../../../src/backtest/recording.ts';
import type { Span } from '../../../src/backtest/span.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time.ts';
import { allOf, PastPrometheus, type Past } from '../../backtest/past.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { aRequest, configured, shopRules, writeShop } from './shop.ts';

const from = Date.UTC(2026, 2, 2);
const span: Span = { fromMs: from, toMs: from + 12 * HOUR, stepMs: MINUTE };
const hour = (at: number): number => (at - from) / HOUR;
const broken = (at: number): boolean =>
  (hour(at) >= 3 && hour(at) < 3.5) || (hour(at) >= 8 && hour(at) < 8.2);
const past: Past = {
  total: { shop: () => 100 },
  bad: { shop: (at) => (broken(at) ? 80 : 1) },
  'time() - timestamp(up)': { shop: () => 1 },
  latency: { shop: () => 0.2 },
  lag: {},
};
const path = writeShop(shopRules, ['shop']);
const history = await record(path, join(dirname(path), 'past.rbh'));

describe('a backtest', () => {
  test('covers what the recording covers, and says what was assumed', async () => {
    const report = await backtest(aRequest(path, { history }));

    expect(report).toMatchObject({
      ...span,
      environment: 'test',
      assumptions: [
        'mode: auto, whatever is configured (--as-configured says otherwise)',
        'no deployments of shop are known, so a good release to go back to is assumed',
        'no deployments are known at all, so blame is not judged',
        'steps succeed, and the history goes on as it was',
      ],
      notReplayed: [],
      deploys: [],
      score: {},
    });
    expect(report.incidents.map(({ rollbackAt }) => rollbackAt)).toEqual([
      from + 3 * HOUR + 5 * MINUTE,
      from + 8 * HOUR + 5 * MINUTE,
    ]);
  });

  test('scores rules, grids and rollbacks by the deployments that are known to be bad', async () => {
    const deploys = join(dirname(path), 'deploys.csv');
    const row = (hours: number, release: string, bad: string): string =>
      `${new Date(from + hours * HOUR).toISOString()},shop,${release},${bad}`;
    const rows = [row(-30, 'v1', ''), row(-20, 'v2', 'true'), row(2.9, 'v3', 'true'), row(6, 'v4', 'true')];
    writeFileSync(deploys, ['time,target,release,bad', ...rows].join('\n'));
    const report = await backtest(
      aRequest(path, { history, deploys: { file: deploys, git: null, registry: null } }),
    );
    const [critical] = report.tracks.find(({ rule }) => rule === 'shop/errors')?.levels ?? [];
    const score = {
      bad: 2,
      found: 1,
      firings: 2,
      right: 1,
      precision: 0.5,
      recall: 0.5,
      delayMs: 11 * MINUTE,
    };

    expect(critical?.score).toEqual(score);
    expect(critical?.sensitivity?.cells.flat().find(({ present }) => present)?.score).toEqual(score);
    expect(report.score).toEqual({ shop: score });
    expect(report.incidents.map(({ rollback }) => rollback)).toEqual(['v3 → v1', 'v4 → v1']);
  });

  test('with the modes that are configured, guards say why nothing would have been done', async () => {
    const report = await backtest(aRequest(path, { history, asConfigured: true }));

    expect(report.incidents.map(({ decision }) => decision?.objections)).toEqual([
      ['mode: the mode of the daemon is notify'],
      ['mode: the mode of the daemon is notify'],
    ]);
    expect(report.incidents.map(({ rollbackAt }) => rollbackAt)).toEqual([null, null]);
  });

  test('blame objects where deployments are known, and none is recent', async () => {
    const deploys = join(dirname(path), 'old.yaml');
    writeFileSync(
      deploys,
      `- { time: ${new Date(from - 3 * DAY).toISOString()}, target: shop, release: v1 }\n`,
    );
    const report = await backtest(
      aRequest(path, { history, deploys: { file: deploys, git: null, registry: null } }),
    );

    expect(report.incidents[0]?.decision).toMatchObject({
      action: 'ask',
      wanted: 'rollback',
      objections: ['blame: shop has not changed within the last 1d'],
    });
  });

  test('looks only at the span, rules and targets that were asked for', async () => {
    const report = await backtest(
      aRequest(path, { history, fromMs: from + 5 * HOUR + 1, toMs: from + 9 * HOUR, rules: ['errors'] }),
    );

    expect(report.fromMs).toBe(from + 5 * HOUR + MINUTE);
    expect(report.tracks.map(({ rule, slots }) => [rule, slots])).toEqual([['shop/errors', 240]]);
    expect(report.incidents).toHaveLength(1);
  });

  test('refuses what does not fit together, and says what would', async () => {
    const failing = (more: Parameters<typeof aRequest>[1]) => backtest(aRequest(path, { history, ...more }));

    await expect(failing({ rules: ['eros'] })).rejects.toThrow(
      '--rule: there is no rule eros; rollbackd check lists them',
    );
    await expect(failing({ targets: ['till'] })).rejects.toThrow(
      '--target: there is no target till; there are shop',
    );
    await expect(failing({ stepMs: 2 * MINUTE })).rejects.toThrow(
      `--step: ${history} was recorded at 1m, and cannot be read at 2m`,
    );
    await expect(failing({ fromMs: from + 20 * HOUR })).rejects.toThrow(
      'there is nothing to look at from 2026-03-02T20:00:00.000Z to 2026-03-02T12:00:00.000Z at steps of 1m',
    );
    const strange = join(dirname(path), 'strange.csv');
    writeFileSync(strange, 'time,target,release\n2026-03-02T01:00:00Z,till,c1\n');
    await expect(failing({ deploys: { file: strange, git: null, registry: null } })).rejects.toThrow(
      `${strange}: there is no target till here; there are shop`,
    );
    await expect(failing({ deploys: { file: '/nonexistent', git: null, registry: null } })).rejects.toThrow(
      "--deploys: ENOENT: no such file or directory, open '/nonexistent'",
    );
  });

  test('a query that was changed since the recording has no answers in it', async () => {
    const changed = writeShop(shopRules.replace('query: latency', 'query: max(latency)'), ['shop']);
    const report = await backtest(aRequest(changed, { history }));

    expect(report.notReplayed).toEqual([
      { rule: 'shop/latency', reason: 'the history holds no answer to max(latency)' },
    ]);
    expect(report.tracks.map(({ rule }) => rule)).toEqual(['shop/errors', 'shop/lag']);
  });

  test('replays a pack without a main file', async () => {
    const report = await backtest(aRequest(join(dirname(path), 'shop'), { history, targets: ['shop'] }));

    expect(report.environment).toBe('rehearsal');
    expect(report.incidents).toHaveLength(2);
  });
});

describe('what is shown of a backtest', () => {
  test('is lines, JSON without plots, and a page', async () => {
    const html = join(dirname(path), 'page.html');
    const { ok, lines, json } = await runBacktest(shown({ html, grid: true }));

    expect(ok).toBe(true);
    expect(lines[0]).toBe('12h of test, 2026-03-02 00:00 to 2026-03-02 12:00 UTC, every 1m');
    expect(lines).toContain('2026-03-02 03:00  CRITICAL shop shop/errors, detected after 5m, over after 32m');
    expect(lines).toContain('shop/errors on shop, CRITICAL: firings by threshold and for; [present setting]');
    expect(lines.at(-1)).toBe(`${html} has the plots`);
    expect(JSON.parse(JSON.stringify(json))).toMatchObject({
      incidents: [{ target: 'shop' }, { target: 'shop' }],
    });
    expect(JSON.stringify(json)).not.toContain('"plot"');
    expect(readFileSync(html, 'utf8')).toContain('<title>Backtest of test</title>');
  });

  test('of two configurations is what changes', async () => {
    const later = writeShop(shopRules.replace('for: 5m }\n      medium', 'for: 15m }\n      medium'), [
      'shop',
    ]);
    const { lines } = await runBacktest(shown({ against: later }));

    expect(lines.slice(lines.indexOf('firings'))).toEqual([
      'firings',
      '>  2026-03-02 03:15  CRITICAL  shop/errors on shop  10m later',
      '-  2026-03-02 08:05  CRITICAL  shop/errors on shop  removed',
      '',
      'decisions',
      '2026-03-02 08:10  shop: rolls back → tells people',
      '',
      '0 firings added, 1 removed, 0 earlier, 1 later (by 10m on average)',
    ]);
  });

  test('of nothing is a no', async () => {
    const { ok, lines } = await runBacktest(shown({ rules: ['errors'], history: await recordNothing() }));

    expect(ok).toBe(false);
    expect(lines.slice(-3)).toEqual([
      'not replayed: shop/errors: the history holds no answer to bad',
      '',
      'nothing was replayed',
    ]);
  });
});

function shown(more: Partial<Parameters<typeof runBacktest>[0]>): Parameters<typeof runBacktest>[0] {
  return {
    ...aRequest(path, { history }),
    against: null,
    ink: plainInk,
    width: 100,
    grid: false,
    html: null,
    ...more,
  };
}

async function record(configuration: string, file: string, answers: Past = past): Promise<string> {
  const scene = sceneOf({
    configuration: await configured(configuration),
    span,
    deploys: [],
    asConfigured: false,
  });
  const questions = sortRules(scene.configuration).replayed.flatMap((one) => one.questions);
  await allOf(
    recorded(
      fetched({
        answerer: new PastPrometheus(answers),
        cache: noCache,
        clock: new SimulatedClock(from + 30 * DAY),
        signal: new AbortController().signal,
        span,
        questions,
      }),
      { path: file, span, questions },
    ),
  );
  return file;
}

async function recordNothing(): Promise<string> {
  const folder = join(dirname(path), 'nothing');
  mkdirSync(folder, { recursive: true });
  const other = writeShop(
    'rules:\n  other:\n    prometheus: { query: other }\n    levels:\n      critical: { above: 1, for: 1m }\n',
    ['shop'],
  );
  return record(other, join(folder, 'past.rbh'), { other: { shop: () => 0 } });
}
