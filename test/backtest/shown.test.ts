import { expect, test } from 'vitest';
import { differenceLines, differenceOf } from '../../src/backtest/difference.ts';
import { LevelHistory } from '../../src/backtest/level-history.ts';
import { plainInk } from '../../src/backtest/plain-ink.ts';
import { PlotSampler } from '../../src/backtest/plot-samples.ts';
import { headLines, incidentLines, levelTable, scoreLines } from '../../src/backtest/summary.ts';
import { timeline } from '../../src/backtest/timeline.ts';
import { ticksOf } from '../../src/domain/axis.ts';
import type { LevelChange } from '../../src/domain/breach.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { aFiring, aLevel, anIncident, aReport, aTrack, monday } from './reports.ts';

test('the timeline has a row a rule and target, with bands, deploys and what would have been done', () => {
  const report = aReport({
    tracks: [
      aTrack({
        levels: [
          aLevel({
            firings: [aFiring(12 * 60)],
            pending: [
              { from: monday + 12 * HOUR, to: monday + 12 * HOUR + 5 * MINUTE },
              { from: monday + DAY, to: monday + DAY + 3 * HOUR },
              { from: monday + 40 * HOUR, to: monday + 40 * HOUR + MINUTE },
            ],
          }),
        ],
      }),
    ],
    deploys: [
      { at: monday + 2 * HOUR, target: 'backend', release: 'v1', bad: null },
      { at: monday + 11 * HOUR, target: 'backend', release: 'v2', bad: true },
    ],
    incidents: [
      anIncident(12 * 60),
      anIncident(36 * 60, {
        decision: { action: 'ask', wanted: 'rollback', reason: 'asks', objections: [] },
        rollbackAt: null,
      }),
    ],
  });

  expect(timeline(report, plainInk, 69).slice(0, 4)).toEqual([
    '                     ╵00:00      ╵12:00      ╵6 Jan      ╵12:00',
    'deploys of backend     ▲        ✖',
    'shop/errors backend  ············█···········░░░·············:·······',
    'acts on backend                  ↩                       ?',
  ]);
});

test('a column without data is blank, and no band is too short to be seen', () => {
  const sampler = new PlotSampler({ fromMs: monday, toMs: monday + 2 * DAY }, 48);
  for (let hour = 0; hour < 24; hour++) sampler.add(monday + hour * HOUR, 0);
  const brief = aFiring(60, { endedAt: monday + 66 * MINUTE });
  const track = aTrack({ plot: sampler.samples, levels: [aLevel({ firings: [brief] })] });
  const [, row = ''] = timeline(aReport({ tracks: [track] }), plainInk, 69);

  expect(row).toBe(`shop/errors backend  ·█${'·'.repeat(22)}${' '.repeat(24)}`);
});

test('control characters of names never reach the terminal', () => {
  const track = aTrack({ rule: 'shop/\u001b[31mred' });
  const report = aReport({
    tracks: [track],
    notReplayed: [{ rule: 'x', reason: 'said \u001b]0;title\u0007' }],
    incidents: [anIncident(0, { rule: 'shop/\u001b[31mred', rollback: 'v\u001b1 → v0' })],
  });
  const lines = [
    ...headLines(report, plainInk),
    ...timeline(report, plainInk, 100),
    ...levelTable(report, plainInk),
    ...incidentLines(report, plainInk, 5),
  ];

  expect(lines.filter((line) => /\p{Cc}/u.test(line))).toEqual([]);
  expect(lines.join('\n')).toContain('\u{fffd}[31mred');
});

test('the table says how often, how long, how fast and how well', () => {
  const score = { bad: 2, found: 1, firings: 4, right: 1, precision: 0.25, recall: 0.5, delayMs: 9 * MINUTE };
  const level = aLevel({
    firings: [aFiring(0), aFiring(600), aFiring(900), aFiring(1_000)],
    firingsPerWeek: 14,
    firingMs: 2 * HOUR,
    breachedMs: 3 * HOUR,
    score,
  });
  const report = aReport({
    tracks: [
      aTrack({
        levels: [level, aLevel({ severity: 'medium', condition: 'above 10%' })],
        unknownShare: 0.004,
      }),
    ],
    score: { backend: score },
  });

  expect(levelTable(report, plainInk)).toEqual([
    'RULE         TARGET   LEVEL     CONDITION         FIRED  A WEEK  FIRING  BREACHED  DETECTED IN  UNKNOWN  PRECISION  RECALL     DELAY',
    'shop/errors  backend  CRITICAL  above 50% for 5m  4      14.0    2h      3h        5m           0.4%     25% (1/4)  50% (1/2)  9m',
    '                      MEDIUM    above 10%         0      -       -       -         -                     -          -          -',
  ]);
  expect(scoreLines(report)).toEqual([
    'backend: precision 25% (1/4), recall 50% (1/2), delay 9m, counting rollbacks within 1h of a bad deployment',
  ]);
});

test('an incident says what the daemon would have made of it', () => {
  const asked = anIncident(600, {
    decision: { action: 'ask', wanted: 'rollback', reason: 'asks because frozen', objections: [] },
    rollbackAt: null,
    endedAt: null,
  });
  const approved = anIncident(60, { approved: true, breachedAt: null });

  expect(incidentLines(aReport({ incidents: [anIncident(0), approved, asked, asked] }), plainInk, 3)).toEqual(
    [
      '2026-01-05 00:00  CRITICAL backend shop/errors, detected after 5m, over after 35m',
      '                  would have rolled back by itself at 00:05, v2 → v1',
      '2026-01-05 01:05  CRITICAL backend shop/errors, over after 30m',
      '                  would have rolled back once approved at 01:05, v2 → v1',
      '2026-01-05 10:00  CRITICAL backend shop/errors, detected after 5m, still open at the end, 1d14h later',
      '                  asks because frozen',
      'and 1 more; --json has them all',
    ],
  );
});

test('a comparison shows only what changes', () => {
  const before = aReport({
    tracks: [aTrack({ levels: [aLevel({ firings: [aFiring(0), aFiring(600), aFiring(1_200)] })] })],
    incidents: [anIncident(0), anIncident(600), anIncident(1_200)],
  });
  const later = aFiring(600, { firedAt: monday + 610 * MINUTE });
  const after = aReport({
    tracks: [aTrack({ levels: [aLevel({ firings: [aFiring(0), later, aFiring(2_000)] })] })],
    incidents: [
      anIncident(0),
      anIncident(600, {
        decision: {
          action: 'ask',
          wanted: 'rollback',
          reason: 'asks',
          objections: ['blame: shop has not changed'],
        },
        rollbackAt: null,
      }),
      anIncident(2_000),
    ],
  });

  expect(differenceLines(differenceOf(before, after), plainInk)).toEqual([
    'firings',
    '>  2026-01-05 10:10  CRITICAL  shop/errors on backend  5m later',
    '-  2026-01-05 20:05  CRITICAL  shop/errors on backend  removed',
    '+  2026-01-06 09:25  CRITICAL  shop/errors on backend  added',
    '',
    'decisions',
    '2026-01-05 10:05  backend: rolls back → asks (blame: shop has not changed)',
    '2026-01-05 20:05  backend: rolls back → no incident',
    '2026-01-06 09:25  backend: no incident → rolls back',
    '',
    '1 firings added, 1 removed, 0 earlier, 1 later (by 5m on average)',
  ]);
  expect(differenceLines(differenceOf(before, before), plainInk)).toEqual([
    'nothing changes: the same firings at the same times, and the same decisions',
  ]);
});

test('a pack in a folder of another name is compared rule by rule', () => {
  const before = aReport({
    tracks: [aTrack({ rule: 'old/errors', levels: [aLevel({ firings: [aFiring(0)] })] })],
  });
  const after = aReport({ tracks: [aTrack({ rule: 'new/errors' })] });

  expect(differenceOf(before, after)).toMatchObject({
    onlyBefore: [],
    onlyAfter: [],
    firings: [{ change: 'removed', rule: 'new/errors', at: monday + 5 * MINUTE }],
  });
});

test('bands follow the changes of a level', () => {
  const history = new LevelHistory();
  const at = (minute: number, change: LevelChange['change'], since: number): void =>
    history.take({
      rule: 'shop/errors',
      subject: 'backend',
      severity: 'critical',
      change,
      at: minute,
      since,
      detail: '61%',
      condition: 'above 50% for 5m',
      armed: true,
    });
  at(1, 'pending', 1);
  at(3, 'forgiven', 1);
  at(10, 'pending', 10);
  at(15, 'fired', 10);
  at(20, 'recovering', 10);
  at(22, 'relapsed', 10);
  at(30, 'recovered', 10);
  at(40, 'fired', 40);
  at(50, 'forgiven', 40);
  at(60, 'pending', 60);
  at(62, 'fired', 60);
  at(70, 'recovered', 60);
  at(90, 'pending', 90);
  const { firings, pending } = history.until(95);

  expect(pending).toEqual([
    { from: 1, to: 3 },
    { from: 10, to: 15 },
    { from: 60, to: 62 },
    { from: 90, to: 95 },
  ]);
  expect(firings.map(({ since, firedAt, endedAt }) => [since, firedAt, endedAt])).toEqual([
    [10, 15, 30],
    [40, 40, 50],
    [60, 62, 70],
  ]);
});

test('a pixel keeps its least and its greatest reading, and counts the unknown ones', () => {
  const sampler = new PlotSampler({ fromMs: 0, toMs: 100 }, 2);
  for (const [at, value] of [
    [0, 3],
    [10, -7],
    [49, 9],
    [20, null],
    [50, undefined],
    [100, undefined],
  ] as const)
    sampler.add(at, value);
  const { least, greatest, known, unknown } = sampler.samples;

  expect([...least, ...greatest]).toEqual([-7, Number.NaN, 9, Number.NaN]);
  expect([...known, ...unknown]).toEqual([4, 0, 0, 2]);
});

test('an axis has no more labels than fit, at whole hours and days', () => {
  const labels = (days: number, most: number): readonly string[] =>
    ticksOf({ fromMs: monday, toMs: monday + days * DAY }, most).map(({ label }) => label);

  expect(labels(30, 5)).toEqual(['8 Jan', '15 Jan', '22 Jan', '29 Jan']);
  expect(labels(1, 4)).toEqual(['00:00', '06:00', '12:00', '18:00', '6 Jan']);
});
