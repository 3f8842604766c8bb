import { setImmediate } from 'node:timers/promises';
import { viewOf } from '../../detect/view.ts';
import { foldWatch, freshWatch } from '../../detect/watch.ts';
import { firesAfterMs } from '../../domain/condition.ts';
import type { Arrivals } from '../../domain/ports/arrivals.ts';
import type { RuleView } from '../../domain/ports/daemon.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Rule } from '../../domain/rule.ts';
import type { Subject } from '../../domain/target.ts';
import { readingSignal, type Answerers } from './answerers.ts';
import { gridAnswerer, type Grid } from './grid-answerer.ts';

/** How many instants are read again at most: a level whose `for` takes more of them is not seen to fire. */
const most = 5_000;
/** After so many, everything else of the daemon has its turn. */
const atOnce = 100;

/** A rule as it would have stood at an instant, had it been armed and watched since long enough before. */
export interface PastView {
  readonly view: RuleView;
  readonly reading: Reading;
  /** The first instant that was read. */
  readonly from: number;
}

/**
 * Reads a rule of PromQL again at the instants of its grid up to `at`, and folds the readings as detection does. What
 * was deployed then is not remembered: levels that are valid only `while: deploying` do not breach.
 */
export async function readPast(
  { rule, subject, at }: { readonly rule: Rule; readonly subject: Subject; readonly at: number },
  { answerers, arrivals }: { readonly answerers: Answerers; readonly arrivals: Arrivals },
  signal: AbortSignal,
): Promise<PastView | null> {
  const grid = gridBefore(rule, at);
  let now = grid.fromMs;
  const source = readingSignal(
    rule,
    alongGrid(answerers, grid, () => now),
    {
      now: () => now,
      arrivals: { of: (target) => arrivedBy(arrivals.of(target), now) },
    },
  );
  if (source === null) return null;
  let watch = freshWatch(rule, subject.name);
  let verdict: RuleView['verdict'] = 'not_read';
  let reading = missing(at);
  for (let count = 0; now <= at; now += rule.everyMs, count++) {
    if (count % atOnce === 0) await setImmediate();
    reading = { ...((await source.read([subject], signal)).get(subject.name) ?? missing(now)), at: now };
    const around = { at: now, inGrace: false, deploying: false };
    ({ watch, verdict } = foldWatch({ ...watch, armed: true, seen: true }, rule, reading, around));
  }
  const pair = { subject: subject.name, watch, reading, verdict, troubledAt: at, blindTo: [] };
  return { view: viewOf(rule, pair), reading, from: grid.fromMs };
}

/** As far back as the slowest level needs, and half as long again; `at` is the last point. */
function gridBefore({ recover, levels, everyMs }: Rule, at: number): Grid {
  const slowest = Math.max(
    recover?.forMs ?? 0,
    ...levels.map(({ condition }) => firesAfterMs(condition, everyMs)),
  );
  const count = Math.min(Math.ceil((slowest * 1.5) / everyMs) + 2, most);
  return { fromMs: at - (count - 1) * everyMs, toMs: at, stepMs: everyMs };
}

function alongGrid({ prometheus, scrape }: Answerers, grid: Grid, now: () => number): Answerers {
  return {
    ...(prometheus === undefined ? {} : { prometheus: gridAnswerer(prometheus, grid, now) }),
    ...(scrape === undefined ? {} : { scrape: gridAnswerer(scrape, grid, now) }),
  };
}

function arrivedBy(arrival: ReturnType<Arrivals['of']>, now: number): ReturnType<Arrivals['of']> {
  return arrival === null || arrival.since > now ? null : arrival;
}

function missing(at: number): Reading {
  return { kind: 'unknown', at, why: 'no_data', detail: 'the source returned nothing for it' };
}
