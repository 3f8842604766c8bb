import { expect, test } from 'vitest';
import { incidentReports } from '../../../src/app/backtest/incidents.ts';
import { sortRules, type Replayed } from '../../../src/app/backtest/questions.ts';
import { replay, type Replay, type ReplayOptions } from '../../../src/app/backtest/replay.ts';
import { coarseRules, sceneOf, type Scene } from '../../../src/app/backtest/scene.ts';
import { openRehearsal } from '../../../src/app/rehearsal/rehearsal.ts';
import { noCache } from '../../../src/backtest/cache.ts';
import type { Deploy } from '../../../src/backtest/deploys.ts';
import { fetched } from '../../../src/backtest/fetching.ts';
import { pastAnswerer } from '../../../src/backtest/past-answerer.ts';
import type { Span } from '../../../src/backtest/span.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time.ts';
import { allOf, PastPrometheus, type Past } from '../../backtest/past.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { comparingRules, configured, shopRules, writeShop } from './shop.ts';

const from = Date.UTC(2026, 2, 2);
const span: Span = { fromMs: from, toMs: from + 4 * HOUR, stepMs: MINUTE };
const shop = await configured(writeShop(shopRules, ['shop', 'till']));

/** Two shops whose troubles come and go in a way that nobody planned. */
const troubled: Past = {
  total: { shop: () => 100, till: (at) => (minute(at) % 97 === 3 ? null : 50) },
  bad: { shop: (at) => 80 * wave(at, 1), till: (at) => (noise(at, 2) > 0.2 ? 40 * wave(at, 3) : null) },
  up: {},
  [`time() - timestamp(up)`]: {
    shop: (at) => (minute(at) % 211 < 9 ? 500 : 5),
    till: () => 5,
  },
  latency: {
    shop: (at) => (minute(at) % 181 < 12 ? null : 2.4 * wave(at, 5)),
    till: (at) => (minute(at) > 150 && minute(at) < 170 ? Number.NaN : 0.3 + 1.2 * wave(at, 7)),
  },
  lag: { shop: (at) => (minute(at) % 120 > 100 ? 12 : null), till: () => null },
};
const deploys: readonly Deploy[] = [
  { at: from - DAY, target: 'shop', release: 'v1', bad: null },
  { at: from + 100 * MINUTE, target: 'shop', release: 'v2', bad: true },
  { at: from + 101 * MINUTE, target: 'shop', release: 'v3', bad: null },
  { at: from + 160 * MINUTE, target: 'shop', release: 'v2', bad: true },
  { at: from + 50 * MINUTE, target: 'till', release: 'c1', bad: null },
];

test.each([
  ['no deployment is known', []],
  ['deployments come close together, and one comes back', deploys],
] as const)('finds exactly what the daemon finds that reads by itself, when %s', async (_, known) => {
  const scene = sceneOf({ configuration: shop, span, deploys: known, asConfigured: false });
  const { replayed } = sortRules(scene.configuration);
  const backtested = await backtesting(scene, replayed, troubled);
  const lived = await living(scene, replayed, troubled);

  expect(backtested.incidents.length).toBeGreaterThan(2);
  expect(backtested.incidents.map(essential)).toEqual(lived.map(essential));
});

test('several signals and baselines are read from the past as the daemon reads them', async () => {
  const comparing = await configured(writeShop(comparingRules, ['shop', 'till']));
  const known = [{ at: from + 90 * MINUTE + 1, target: 'till', release: 'c2', bad: null }];
  const scene = sceneOf({ configuration: comparing, span, deploys: known, asConfigured: false });
  const { replayed, unreplayed } = sortRules(scene.configuration);
  const backtested = await backtesting(scene, replayed, troubled);
  const lived = await living(scene, replayed, troubled);

  expect(unreplayed).toEqual([]);
  expect(new Set(backtested.tracks.filter(fired).map(({ rule }) => rule))).toEqual(
    new Set(['shop/slow-and-failing', 'shop/three-times', 'shop/since-deploy']),
  );
  expect(backtested.incidents.map(essential)).toEqual(lived.map(essential));
});

test('what would have been rolled back is said, and over when the history is', async () => {
  const { incidents, tracks } = await quick({
    total: { shop: () => 100 },
    bad: { shop: (at) => (minute(at) >= 60 && minute(at) < 90 ? 80 : 1) },
    'time() - timestamp(up)': { shop: () => 1 },
  });

  expect(incidents).toEqual([
    {
      target: 'shop',
      severity: 'critical',
      rule: 'shop/errors',
      breachedAt: from + 60 * MINUTE,
      detectedAt: from + 65 * MINUTE,
      decidedAt: from + 65 * MINUTE,
      decision: {
        action: 'rollback',
        wanted: 'rollback',
        reason:
          'rolls back: CRITICAL on shop, from the present release (assumed) to a good release (assumed)',
        objections: [],
      },
      rollbackAt: from + 65 * MINUTE,
      rollback: 'the present release (assumed) → a good release (assumed)',
      approved: false,
      endedAt: from + 92 * MINUTE,
      outcome: 'handed_over',
    },
  ]);
  expect(
    tracks[0]?.levels.map(({ severity, breachedMs, firings }) => [severity, breachedMs, firings.length]),
  ).toEqual([
    ['critical', 30 * MINUTE, 1],
    ['medium', 30 * MINUTE, 1],
  ]);
  expect(tracks[0]?.levels[0]?.firings[0]?.detail).toBe('80% (80 of 100)');
  expect(tracks[0]).toMatchObject({ slots: 241, unknownShare: 0, coverage: 1, firstTrouble: null });
});

test('where the history recovers in time, the rollback would have been taken for the cure', async () => {
  const { incidents } = await quick({
    latency: { shop: (at) => (minute(at) >= 60 && minute(at) < 65 ? 3 : 0.1) },
  });

  expect(incidents.map(({ rollbackAt, endedAt, outcome }) => [rollbackAt, endedAt, outcome])).toEqual([
    [from + 63 * MINUTE, from + 68 * MINUTE, 'rolled_back'],
  ]);
});

test('a rollback is confirmed by readings that look back over nothing from before it, however fine they are', async () => {
  const query = 'max_over_time(latency[10m])';
  const looking = await configured(
    writeShop(shopRules.replace('query: latency', `query: '${query}'`), ['shop']),
  );
  const scene = sceneOf({ configuration: looking, span, deploys: [], asConfigured: false });
  const { replayed } = sortRules(scene.configuration);
  const { incidents } = await backtesting(scene, replayed, {
    [query]: { shop: (at) => (minute(at) >= 60 && minute(at) < 65 ? 3 : 0.1) },
  });

  // Three minutes of `for`, ten of the window, three more to recover.
  expect(incidents.map(({ rollbackAt, endedAt, outcome }) => [rollbackAt, endedAt, outcome])).toEqual([
    [from + 63 * MINUTE, from + 77 * MINUTE, 'rolled_back'],
  ]);
});

test('a rule that reads more often than the step reads at every step, and fires as if it always did', async () => {
  const hasty = await configured(writeShop(shopRules.replaceAll('every: 1m', 'every: 5s'), ['shop']));
  const scene = sceneOf({ configuration: hasty, span, deploys: [], asConfigured: false });
  const { replayed } = sortRules(scene.configuration);
  const past = { latency: { shop: (at: number) => (minute(at) >= 60 && minute(at) < 70 ? 3 : 0.1) } };
  const { tracks } = await backtesting(scene, replayed, past);

  expect(tracks[0]).toMatchObject({ rule: 'shop/latency', slots: 241, stepMs: MINUTE });
  expect(tracks[0]?.levels[0]?.firings.map(({ firedAt }) => firedAt)).toEqual([from + 63 * MINUTE]);
  expect(coarseRules(hasty, span)).toBe(
    '2 rules are read every 1m here and more often by the daemon, so some short breaches are not seen',
  );
});

test('after the cooldown the next breach is rolled back again: nobody has to acknowledge the past', async () => {
  const twice = (at: number): boolean =>
    [20, 160].some((start) => minute(at) >= start && minute(at) < start + 30);
  const { incidents } = await quick({
    total: { shop: () => 100 },
    bad: { shop: (at) => (twice(at) ? 80 : 1) },
    'time() - timestamp(up)': { shop: () => 1 },
  });

  expect(incidents.map(({ rollbackAt }) => rollbackAt)).toEqual([from + 25 * MINUTE, from + 165 * MINUTE]);
});

test('nobody answers, unless somebody is said to', async () => {
  const past: Past = { latency: { shop: (at) => (minute(at) >= 60 && minute(at) < 120 ? 1.5 : 0.1) } };
  const unanswered = await quick(past);
  const approved = await quick(past, { approveAfterMs: 2 * MINUTE });

  expect(
    unanswered.incidents.map(({ decision, rollbackAt, outcome }) => [decision?.action, rollbackAt, outcome]),
  ).toEqual([['ask', null, 'handed_over']]);
  expect(approved.incidents.map(({ rollbackAt, approved: yes }) => [rollbackAt, yes])).toEqual([
    [from + 67 * MINUTE, true],
  ]);
});

test('a rule whose question is refused is dropped with the reason, and the others go on', async () => {
  const { dropped, tracks, incidents } = await quick({ latency: { shop: () => 0.1 } });

  expect(dropped).toEqual([
    { rule: 'shop/errors', reason: 'POST http://p/api/v1/query_range answered 400: no bad' },
    { rule: 'shop/lag', reason: 'POST http://p/api/v1/query_range answered 400: no lag' },
  ]);
  expect(tracks.map(({ rule, subject }) => [rule, subject])).toEqual([['shop/latency', 'shop']]);
  expect(incidents).toEqual([]);
});

test('no data is never a breach, and is counted', async () => {
  const { tracks, incidents } = await quick({
    latency: { shop: (at) => (minute(at) >= 60 ? null : 3) },
    lag: {},
  });
  const [latency, lag] = tracks;

  expect(latency?.verdicts).toEqual({ known: 60, no_data: 181, error: 0, insufficient: 0, never_seen: 0 });
  expect(latency?.firstTrouble).toBe('no series');
  expect(latency?.levels[0]?.firings.map(({ armed }) => armed)).toEqual([false]);
  expect(lag).toMatchObject({ coverage: 1, unknownShare: 0 });
  expect(incidents.map(({ rule, target }) => [rule, target])).toEqual([
    ['builtin/blind', 'source:prometheus'],
  ]);
});

test('every slot of a long past is read once, however many windows it takes', async () => {
  let alive = 0;
  const scene = sceneOf({ configuration: shop, span, deploys: [], asConfigured: false });
  const { replayed } = sortRules(scene.configuration);
  const long = { ...span, toMs: from + 12 * DAY };
  const history = fetching(replayed, { latency: { shop: () => 0.1 } }, long);
  const stretches = (async function* counted() {
    for await (const stretch of history) {
      alive += 1;
      yield stretch;
    }
  })();
  const { tracks } = await replay(options(scene, replayed, { history: stretches, span: long }));

  expect(alive).toBe(7);
  expect(tracks[0]?.slots).toBe(12 * 1_440 + 1);
});

async function quick(past: Past, more: Partial<ReplayOptions> = {}): Promise<Replay> {
  const one = await configured(writeShop(shopRules, ['shop']));
  const scene = sceneOf({ configuration: one, span, deploys: [], asConfigured: false });
  const { replayed } = sortRules(scene.configuration);
  return replay(options(scene, replayed, { history: fetching(replayed, past), ...more }));
}

function backtesting(scene: Scene, replayed: readonly Replayed[], past: Past): Promise<Replay> {
  return replay(options(scene, replayed, { history: fetching(replayed, past) }));
}

function options(scene: Scene, replayed: readonly Replayed[], more: Partial<ReplayOptions>): ReplayOptions {
  return {
    scene,
    replayed,
    history: fetching(replayed, {}),
    span,
    labels: null,
    approveAfterMs: null,
    signal: new AbortController().signal,
    ...more,
  };
}

function fetching(replayed: readonly Replayed[], past: Past, over: Span = span) {
  return fetched({
    answerer: new PastPrometheus(past),
    cache: noCache,
    clock: new SimulatedClock(from + 30 * DAY),
    signal: new AbortController().signal,
    span: over,
    questions: replayed.flatMap(({ questions }) => questions),
  });
}

/** The same past, read by the daemon's own loops, every alarm ringing at its own time. */
async function living({ configuration, script }: Scene, replayed: readonly Replayed[], past: Past) {
  const questions = replayed.flatMap((one) => one.questions);
  const stretches = await allOf(fetching(replayed, past));
  await using rehearsal = await openRehearsal({
    configuration,
    script,
    from,
    answerer: (clock) => {
      const answerer = pastAnswerer(questions, clock);
      answerer.know(stretches);
      return answerer;
    },
  });
  let looked = 0;
  for (let at = from; at <= span.toMs; at += MINUTE) {
    await rehearsal.advanceTo(at);
    for (const { type, incident } of rehearsal.entries.slice(looked)) {
      const by = { name: 'somebody', role: 'admin' } as const;
      if (type === 'incident.closed' && incident !== null)
        await rehearsal.command({ do: 'ack', incident, note: '' }, by);
    }
    looked = rehearsal.entries.length;
  }
  return incidentReports(await rehearsal.incidents(), rehearsal.entries);
}

function fired({ levels }: Replay['tracks'][number]): boolean {
  return levels.some(({ firings }) => firings.length > 0);
}

/** What an incident is, but for the second in which it ends by a deadline that no reading marks. */
function essential({ endedAt, ...incident }: Replay['incidents'][number]) {
  return { ...incident, endedAt: endedAt === null ? null : Math.ceil((endedAt - from) / MINUTE) };
}

function minute(at: number): number {
  return Math.round((at - from) / MINUTE);
}

/** Between 0 and 1, in long swells with ripples. */
function wave(at: number, seed: number): number {
  const slow = 0.5 + 0.5 * Math.sin((minute(at) / (40 + 9 * seed)) * 2 * Math.PI);
  return Math.min(1, 0.85 * slow + 0.25 * noise(at, seed));
}

function noise(at: number, seed: number): number {
  const turn = Math.sin(minute(at) * 12.9898 + seed * 78.233) * 43_758.5453;
  return turn - Math.floor(turn);
}
