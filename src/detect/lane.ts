import type { Breach, LevelChange, Watch } from '../domain/breach.ts';
import type { DeployState, Evaluation } from '../domain/ports/detection.ts';
import type { Reading, Verdict } from '../domain/reading.ts';
import type { Rule } from '../domain/rule.ts';
import type { Subject } from '../domain/target.ts';
import type { Blindness } from './blindness.ts';
import { readingOf, type Read } from './reader.ts';
import type { Signal } from './signal.ts';
import { foldWatch } from './watch.ts';

/** A rule on one subject, at work. */
export interface Pair {
  readonly subject: string;
  watch: Watch;
  /** The last reading, and what the rule said about it. */
  reading: Reading | null;
  verdict: Verdict | 'never_seen' | 'not_read';
  /** Identities that were told to be blind here. */
  blindTo: readonly string[];
  /** When it last fired or became unknown. */
  troubledAt: number;
}

/** A rule at work on all of its subjects. */
export interface Lane {
  readonly rule: Rule;
  readonly signal: Signal;
  subjects: readonly Subject[];
  pairs: ReadonlyMap<string, Pair>;
  readonly stop: AbortController;
  evaluatedAt: number | null;
  checkpointAt: number;
}

/** What an evaluation needs besides the lane. */
export interface Surroundings {
  readonly deploys: DeployState;
  readonly blindness: Blindness;
  readonly checkpointMs: number;
}

/** `slotAt` dates the readings, `now` what changed. */
interface When {
  readonly slotAt: number;
  readonly now: number;
  /** The subjects that a reading between two slots is for; all of the lane without it. */
  readonly only?: ReadonlySet<string>;
}

/** Folds one read into the pairs of a lane. */
export function evaluate(lane: Lane, read: Read, when: When, around: Surroundings): Evaluation {
  const readings = new Map<string, Reading>();
  const verdicts = new Map<string, Verdict | 'never_seen'>();
  const changes: LevelChange[] = [];
  const watches: Watch[] = [];
  const checkpoint = when.now - lane.checkpointAt >= around.checkpointMs;
  let counting = false;
  for (const pair of lane.pairs.values()) {
    if (when.only?.has(pair.subject) === false) continue;
    const reading = readingOf(read, pair.subject, when.slotAt);
    readings.set(pair.subject, reading);
    const before = pair.watch;
    changes.push(...fold(lane, pair, reading, { now: when.now, around }));
    if (pair.verdict !== 'not_read') verdicts.set(pair.subject, pair.verdict);
    const grew = progressed(before, pair.watch);
    counting ||= grew;
    if (differs(before, pair.watch) || (checkpoint && grew)) watches.push(pair.watch);
  }
  if (checkpoint && counting) lane.checkpointAt = when.now;
  lane.evaluatedAt = when.now;
  return {
    at: when.now,
    rule: lane.rule,
    readings,
    verdicts,
    changes,
    watches,
    blind: around.blindness.drain(),
  };
}

function fold(
  lane: Lane,
  pair: Pair,
  reading: Reading,
  { now, around }: { readonly now: number; readonly around: Surroundings },
): readonly LevelChange[] {
  const { rule } = lane;
  const onTarget = rule.scope === 'target';
  const before = pair.watch;
  const { watch, changes, verdict } = foldWatch(before, rule, reading, {
    at: now,
    inGrace: onTarget && lane.signal.seesDeploys && around.deploys.inGrace(pair.subject),
    deploying: onTarget && around.deploys.deploying(pair.subject),
  });
  pair.reading = reading;
  pair.verdict = verdict;
  pair.watch = look(lane, pair, { watch, reading }, around.blindness);
  const lostSight = before.unknownSince === null && watch.unknownSince !== null;
  if (lostSight || changes.some(({ change }) => change === 'fired')) pair.troubledAt = now;
  return changes;
}

function look(
  { rule, signal }: Lane,
  pair: Pair,
  { watch, reading }: { readonly watch: Watch; readonly reading: Reading },
  blindness: Blindness,
): Watch {
  const since = watch.unknownSince;
  const blind = since !== null && (watch.blind || reading.at - since >= rule.blindAfterMs);
  const unseen = (reading.kind === 'unknown' ? reading.unseen : undefined) ?? signal.identities;
  const [before, now] = [pair.blindTo, blind ? unseen : none];
  if (before.length > 0 || now.length > 0) {
    const name = pairName(rule.id, watch.subject);
    const detail = `${name}: ${reading.detail}`;
    for (const identity of now)
      if (!before.includes(identity)) blindness.lost(identity, name, { since: since ?? reading.at, detail });
    for (const identity of before) if (!now.includes(identity)) blindness.regained(identity, name, detail);
    pair.blindTo = now;
  }
  return blind === watch.blind ? watch : { ...watch, blind };
}

const none: readonly string[] = [];

/** How a pair is named to people. */
export function pairName(rule: string, subject: string): string {
  return `${rule} on ${subject}`;
}

/** Something happened that must not be lost by a crash. */
function differs(before: Watch, after: Watch): boolean {
  if (before.armed !== after.armed || before.seen !== after.seen || before.blind !== after.blind) return true;
  for (const severity in after.levels) {
    const was = before.levels[severity as keyof Watch['levels']];
    const is = after.levels[severity as keyof Watch['levels']];
    if ((was?.phase ?? 'clear') !== is?.phase || (was?.since ?? null) !== is.since) return true;
    if (wouldFireEarly(was, is)) return true;
  }
  return false;
}

/** Of the last readings, one that does not breach must not be forgotten while others do: without it `need` is met early. */
function wouldFireEarly(was: Breach | undefined, is: Breach): boolean {
  if (is.recent === undefined || is.recent === was?.recent || is.previous?.breaching !== false) return false;
  const fires = is.phase === 'firing' || is.phase === 'recovering';
  return !fires && is.recent.some(({ breaching }) => breaching);
}

/** A count went on that a checkpoint would save. */
function progressed(before: Watch, after: Watch): boolean {
  for (const severity in after.levels) {
    const was = before.levels[severity as keyof Watch['levels']];
    const is = after.levels[severity as keyof Watch['levels']];
    if (was === undefined || is === undefined || is.phase === 'clear') continue;
    if (was.count !== is.count || was.recoverCount !== is.recoverCount) return true;
    if (is.recent !== undefined && was.recent !== is.recent) return true;
  }
  return false;
}
