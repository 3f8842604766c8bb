import type { History, Stretch } from '../../backtest/history.ts';
import { pastAnswerer, type PastAnswerer } from '../../backtest/past-answerer.ts';
import type { IncidentReport, NotReplayed, TrackReport } from '../../backtest/report.ts';
import type { Labels } from '../../backtest/score.ts';
import type { Span, Window } from '../../backtest/span.ts';
import { foldBreach } from '../../detect/breach.ts';
import { clearBreach } from '../../detect/clear-breach.ts';
import { judge } from '../../detect/judge.ts';
import { wordLevel } from '../../detect/wording.ts';
import { promqlSource } from '../../detect/sources/promql.ts';
import type { Arrivals } from '../../domain/ports/arrivals.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Sources } from '../../domain/ports/source.ts';
import { DAY } from '../../domain/time.ts';
import { openRehearsal, type Rehearsal } from '../rehearsal/rehearsal.ts';
import { incidentReports } from './incidents.ts';
import { ReplayLane } from './lane.ts';
import { PeopleReplayed } from './people.ts';
import type { Replayed } from './questions.ts';
import type { Scene } from './scene.ts';
import type { Folding } from '../../backtest/track.ts';

export interface ReplayOptions {
  readonly scene: Scene;
  readonly replayed: readonly Replayed[];
  readonly history: History;
  readonly span: Span;
  /** Deployments whose quality is known; null when nobody said. */
  readonly labels: Labels | null;
  /** A person approves every question after this long; null: nobody answers. */
  readonly approveAfterMs: number | null;
  readonly signal: AbortSignal;
}

export interface Replay {
  /** Rules whose questions were refused, and why. */
  readonly dropped: readonly NotReplayed[];
  readonly tracks: readonly TrackReport[];
  readonly incidents: readonly IncidentReport[];
}

/**
 * Lets the rules read the past, slot after slot, and the daemon make of it what it makes of the present: detection,
 * machines and guards are those of the rehearsal, which are the daemon's own. No more than two windows of history are
 * held at a time.
 */
export async function replay(options: ReplayOptions): Promise<Replay> {
  const { scene, replayed, history, span, labels, signal } = options;
  let rehearsal: Rehearsal | null = null;
  const clock = steppedClock(() => rehearsal?.clock.now() ?? span.fromMs);
  const past = pastAnswerer(
    replayed.flatMap(({ questions }) => questions),
    clock,
  );
  const sources = pastSources(past, clock, (target) => rehearsal?.arrival(target) ?? null);
  const lanes = replayed.map((one) => new ReplayLane(one, { span, sources, folding }));
  const trackOf = new Map(
    lanes.flatMap((lane) =>
      lane.tracks.map((track) => [`${lane.replayed.rule.id} ${track.subject}`, track] as const),
    ),
  );
  rehearsal = await openRehearsal({
    configuration: { ...scene.configuration, rules: replayed.map(({ rule }) => rule) },
    answerer: null,
    script: scene.script,
    from: span.fromMs,
    fed: true,
    evaluated: ({ changes }) => {
      for (const change of changes) trackOf.get(`${change.rule} ${change.subject}`)?.change(change);
    },
  });
  await using _ = rehearsal;
  const people = new PeopleReplayed(rehearsal, options.approveAfterMs);
  const stage = { rehearsal, clock, lanes, people, skipTo: skippingTo(scene) };
  let before: Stretch | null = null;
  for await (const stretch of history) {
    signal.throwIfAborted();
    // What readings are compared with may lie in the window before.
    past.know(before === null ? [stretch] : [before, stretch]);
    before = stretch;
    for (const lane of lanes) lane.enter(stretch);
    await replayWindow(stage, within(stretch.window, span), signal);
  }
  await rehearsal.passTo(span.toMs);
  const alive = lanes.filter(({ dropped }) => dropped === null);
  return {
    dropped: lanes.flatMap(({ dropped, replayed: { rule } }) =>
      dropped === null ? [] : [{ rule: rule.id, reason: dropped }],
    ),
    tracks: alive.flatMap((lane) => lane.tracks.map((track) => track.report(wordLevel, labels))),
    incidents: incidentReports(await rehearsal.incidents(), rehearsal.entries),
  };
}

function skippingTo({ script }: Scene): (lane: ReplayLane) => number {
  const arrivals = script.deploys.map(({ at }) => at);
  let passed = 0;
  return ({ nextAt, replayed: { rule } }) => {
    while ((arrivals[passed] ?? Infinity) < nextAt - DAY) passed += 1;
    const next = arrivals.slice(passed).find((at) => at >= nextAt - rule.everyMs);
    return next === undefined ? Infinity : next - freshSlots * rule.everyMs;
  };
}

/** The daemon's own sources, asking the past. */
function pastSources(answerer: PastAnswerer, clock: Clock, arrival: Arrivals['of']): Sources {
  const asking = { answerer, clock, arrivals: { of: arrival } };
  return {
    prometheus: promqlSource({ kind: 'prometheus', ...asking }),
    scrape: promqlSource({ kind: 'scrape', ...asking }),
  };
}

interface Stage {
  readonly rehearsal: Rehearsal;
  readonly clock: SteppedClock;
  readonly lanes: readonly ReplayLane[];
  readonly people: PeopleReplayed;
  /** Until when a rule may pass over what is fine: a release that arrives is baked on readings just before, too. */
  readonly skipTo: (lane: ReplayLane) => number;
}

/** A reading that is older than three intervals says nothing about a release that bakes. */
const freshSlots = 5;

/** Slots between two looks at whether anybody still wants the result. */
const breathSlots = 2_000;

async function replayWindow(
  { rehearsal, clock, lanes, people, skipTo }: Stage,
  { toMs }: Window,
  signal: AbortSignal,
) {
  let slots = 0;
  for (;;) {
    for (const lane of lanes)
      if (!rehearsal.waitsFor(lane.replayed.rule)) lane.skip(Math.min(toMs, skipTo(lane)));
    const at = Math.min(...lanes.map(({ nextAt }) => nextAt));
    if (!(at < toMs)) return;
    if (people.due(at)) await people.act(at);
    clock.stand(at);
    for (const lane of lanes) {
      if (lane.nextAt !== at) continue;
      const read = lane.read();
      const readings = read instanceof Promise ? await read : read;
      lane.advance(readings);
      const followed = rehearsal.feed(lane.replayed.rule, at, readings);
      if (followed === null) continue;
      await followed;
      await people.notice();
    }
    slots += 1;
    if (slots % breathSlots !== 0) continue;
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  }
}

/** Windows are longer than what was asked for; the end of the span is still part of it. */
function within(window: Window, span: Span): Window {
  return { fromMs: window.fromMs, toMs: Math.min(window.toMs, span.toMs + 1) };
}

interface SteppedClock extends Clock {
  /** The time is this now. */
  stand(at: number): void;
}

/** The clock of those who read: it stands at the slot that is being read. */
function steppedClock(now: () => number): SteppedClock {
  let standing: number | null = null;
  return {
    now: () => standing ?? now(),
    wall: () => standing ?? now(),
    after: () => () => {},
    stand: (at) => {
      standing = at;
    },
  };
}

const anyTime = { seen: true, inGrace: false, deploying: false } as const;

/** The detector's own fold; what has no data yet was never seen, and counts for nothing. */
const folding: Folding = {
  clear: clearBreach,
  fold: (breach, terms, reading) =>
    foldBreach(
      breach,
      { judgement: judge(terms.rule, terms.level, reading, anyTime), at: reading.at },
      terms,
    ),
};
