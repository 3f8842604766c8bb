import { expect, test } from 'vitest';
import { markup, Markup } from '../../src/domain/markup.ts';
import { pageOf } from '../../src/backtest/page.ts';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { aFiring, aLevel, anIncident, aReport, aTrack, monday } from './reports.ts';

const hostile = `<script>alert("1")</script>'&\u0000`;

/** Whatever people and a Prometheus can name, named as badly as possible. */
function hostilePage(): string {
  const level = aLevel({
    condition: hostile,
    firings: [aFiring(60, { detail: hostile })],
    pending: [{ from: monday, to: monday + MINUTE }],
    sensitivity: {
      thresholds: [0.4, 0.5],
      forsMs: [MINUTE],
      cells: [
        [{ threshold: 0.4, forMs: MINUTE, present: false, firings: 3, firingMs: HOUR, score: null }],
        [{ threshold: 0.5, forMs: MINUTE, present: true, firings: 1, firingMs: HOUR, score: null }],
      ],
    },
  });
  const loud = aTrack({
    rule: hostile,
    summary: hostile,
    subject: hostile,
    firstTrouble: hostile,
    levels: [level],
  });
  return pageOf(
    aReport({
      environment: hostile,
      assumptions: [hostile],
      notReplayed: [{ rule: hostile, reason: hostile }],
      deploys: [{ at: monday + HOUR, target: hostile, release: hostile, bad: true }],
      tracks: [loud, aTrack({ rule: `quiet ${hostile}` })],
      incidents: [
        anIncident(60, {
          target: hostile,
          rule: hostile,
          rollback: hostile,
        }),
        anIncident(90, {
          target: hostile,
          rollbackAt: null,
          decision: { action: 'ask', wanted: 'ask', reason: hostile, objections: [] },
        }),
      ],
    }),
  );
}

test('nothing that came from outside becomes a part of the page', () => {
  const page = hostilePage();

  expect(page).not.toContain('<script');
  expect(page).not.toContain('alert("1")');
  expect(page).not.toContain('\u0000');
  expect(
    page.split('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;\u{fffd}').length,
  ).toBeGreaterThan(15);
});

test('tags that are opened are closed, in order', () => {
  const open: string[] = [];
  const alone = new Set(['!doctype', 'meta', 'path', 'rect']);
  for (const [, closes, name = ''] of hostilePage().matchAll(/<(\/?)([a-z!][a-z0-9]*)[^>]*>/g)) {
    if (closes === '/') {
      if (!alone.has(name)) expect(open.pop()).toBe(name);
    } else if (!alone.has(name)) open.push(name);
  }

  expect(open).toEqual([]);
});

test('the page loads nothing and runs nothing', () => {
  const page = hostilePage();

  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(page).not.toMatch(/\b(src|href|srcset|action|on[a-z]+)=/);
  expect(page).not.toMatch(/url\(|@import|https?:/);
});

test('a peak of one reading is as high on the plot as it was', () => {
  const track = aTrack();
  track.plot.greatest[7] = 0.9;
  const area = /class="area" d="([^"]+)"/.exec(pageOf(aReport({ tracks: [track] })))?.[1] ?? '';
  const [there, back] = halves(area);
  const peak = heights(there).indexOf(Math.min(...heights(there)));

  expect(peak).toBe(7);
  expect(Math.min(...heights(back))).toBeGreaterThan(Math.min(...heights(there)));
});

test('a band for nothing known covers what is not known, and the line is broken there', () => {
  const track = aTrack();
  for (let pixel = 10; pixel < 20; pixel++) {
    track.plot.least[pixel] = Number.NaN;
    track.plot.greatest[pixel] = Number.NaN;
    track.plot.known[pixel] = 0;
    track.plot.unknown[pixel] = 1;
  }
  const page = pageOf(aReport({ tracks: [track] }));
  const area = /class="area" d="([^"]+)"/.exec(page)?.[1] ?? '';

  expect(area.match(/M/g)).toHaveLength(2);
  expect(page.match(/<rect class="band unknown"[^>]*>/g)).toEqual([
    '<rect class="band unknown" x="314" y="16" width="230" height="190">',
  ]);
});

test('a strip below the plot shows what was pending, the faster it passed the fainter', () => {
  const pending = [
    { from: monday, to: monday + MINUTE / 3 },
    { from: monday + 6 * HOUR, to: monday + 12 * HOUR },
  ];
  const page = pageOf(
    aReport({ tracks: [aTrack({ levels: [aLevel({ pending, firings: [aFiring(1_440)] })] })] }),
  );

  expect(page.match(/<path class="strip[^>]*>/g)).toEqual([
    '<path class="strip pending faint" d="M84 211h1"/>',
    '<path class="strip pending strong" d="M222 211h138"/>',
    '<path class="strip critical" d="M637 211h1"/>',
    '<path class="strip critical" d="M638 211h12"/>',
  ]);
});

test('the present setting of a grid is marked, and every cell has its number', () => {
  expect(hostilePage().match(/<th scope="row">[^<]*<\/th><td[^>]*>[^<]*/g)).toEqual([
    '<th scope="row">above 40%</th><td style="--heat:0.50" title="3 firings, 1h in all">3',
    '<th scope="row">above 50%</th><td class="present" style="--heat:0.29" title="1 firing, 1h in all; the present setting">1',
  ]);
});

test('where deployments are known to be bad, what is wrong or missed is hot, and not what fires', () => {
  const score = { bad: 12, found: 12, firings: 12, right: 12, precision: 1, recall: 1, delayMs: 0 };
  const cell = { forMs: MINUTE, present: false, firings: 12, firingMs: HOUR };
  const cells = [
    [{ ...cell, threshold: 0.4, score }],
    [{ ...cell, threshold: 0.5, score: { ...score, right: 6, found: 6 } }],
  ];
  const level = aLevel({ sensitivity: { thresholds: [0.4, 0.5], forsMs: [MINUTE], cells } });
  const page = pageOf(aReport({ tracks: [aTrack({ levels: [level] })] }));

  expect(page.match(/--heat:[\d.]+/g)).toEqual(['--heat:0.00', '--heat:1.00']);
});

test('a history without any value still makes a page', () => {
  const track = aTrack();
  track.plot.least.fill(Number.NaN);
  track.plot.greatest.fill(Number.NaN);
  track.plot.known.fill(0);

  expect(pageOf(aReport({ tracks: [{ ...track, levels: [aLevel({ threshold: null })] }] }))).not.toContain(
    'NaN',
  );
  expect(pageOf(aReport({ tracks: [] }))).toContain('<p class="soft">None.</p>');
});

test('markup is put in as it is, and everything else is escaped', () => {
  expect(markup`<p title="${'"'}">${new Markup('<b>1</b>')} ${[markup`<i>${'<'}</i>`]} ${2}</p>`.text).toBe(
    '<p title="&quot;"><b>1</b> <i>&lt;</i> 2</p>',
  );
});

/** The way there and the way back of a shape. */
function halves(area: string): readonly [string, string] {
  const points = area.replace(/[MZ]/g, '').split('L');
  return [points.slice(0, points.length / 2).join('L'), points.slice(points.length / 2).join('L')];
}

function heights(points: string): readonly number[] {
  return points.split('L').map((point) => Number(point.split(' ')[1]));
}
