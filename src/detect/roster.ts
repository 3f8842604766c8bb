import type { LevelChange, Watch } from '../domain/breach.ts';
import { partsOf } from '../domain/composition.ts';
import { RollbackError } from '../domain/errors.ts';
import type { Sources } from '../domain/ports/source.ts';
import type { Rule } from '../domain/rule.ts';
import type { Subject } from '../domain/target.ts';
import type { Blindness } from './blindness.ts';
import { pairName, type Lane, type Pair } from './lane.ts';
import type { Signal } from './signal.ts';
import { freshWatch, levelsIn, restoredWatch } from './watch.ts';
import { signalOf } from './wire.ts';
import type { Work } from './works.ts';

/** A lane and one pair of it. */
export interface Place {
  readonly lane: Lane;
  readonly pair: Pair;
}

const nowhere: readonly Place[] = [];

/** Which rules are at work, on which subjects, and what is remembered of them. */
export class Roster {
  /** By name of the rule and its digest: an incident may keep its own copy of a rule that was changed. */
  readonly lanes = new Map<string, Lane>();
  readonly #sources: Sources;
  readonly #blindness: Blindness;
  /** What was stored, until the first rules and subjects take it up. */
  readonly #stored = new Map<string, Watch>();
  #configured = false;
  /** Every target is looked at once a second or so: none of these looks may walk through all pairs. */
  #bySubject: ReadonlyMap<string, readonly Place[]> = new Map();

  constructor(options: { readonly sources: Sources; readonly blindness: Blindness }) {
    this.#sources = options.sources;
    this.#blindness = options.blindness;
  }

  /** Lanes that are new, and what was being counted by those that are gone. Throws before anything is changed. */
  configure(
    works: readonly Work[],
    now: number,
  ): { readonly started: readonly Lane[]; readonly gone: readonly LevelChange[] } {
    const wanted = new Map(works.map((work) => [laneName(work), { ...work, signal: this.#signalOf(work) }]));
    const gone: LevelChange[] = [];
    for (const [name, lane] of this.lanes) {
      if (wanted.has(name)) continue;
      const changed = works.some(({ rule }) => rule.id === lane.rule.id);
      const why = `the rule ${lane.rule.id} ${changed ? 'was changed' : 'is gone from the configuration'}`;
      gone.push(...this.#forget(lane, [...lane.pairs.values()], { now, why }));
      lane.stop.abort();
      this.lanes.delete(name);
    }
    const started: Lane[] = [];
    for (const [name, { rule, signal, subjects }] of wanted) {
      const known = this.lanes.get(name);
      const lane = known ?? newLane(rule, signal);
      if (known === undefined) started.push(lane);
      this.lanes.set(name, lane);
      gone.push(...this.#assign(lane, subjects, now));
    }
    this.#bySubject = Map.groupBy(this.places(), ({ pair }) => pair.subject);
    this.#configured = true;
    // What nobody has taken up now is of another time, should its rule or subject ever come back.
    this.#stored.clear();
    return { started, gone };
  }

  restore(watches: readonly Watch[], now: number): void {
    for (const watch of watches)
      this.#stored.set(pairName(watch.rule, watch.subject), restoredWatch(watch, now));
    for (const { lane, pair } of this.places()) this.#adopt(lane, pair);
    if (this.#configured) this.#stored.clear();
  }

  *places(): Generator<Place> {
    for (const lane of this.lanes.values()) for (const pair of lane.pairs.values()) yield { lane, pair };
  }

  placesOf(subject: string): readonly Place[] {
    return this.#bySubject.get(subject) ?? nowhere;
  }

  #signalOf({ rule }: Work): Signal {
    const signal = signalOf(rule, this.#sources);
    if (signal !== null) return signal;
    const { kind } =
      partsOf(rule).find(({ source }) => this.#sources[source.kind] === undefined)?.source ?? rule.source;
    throw new RollbackError(
      'CONFIG_INVALID',
      `Rule ${rule.id} reads from ${kind}, and there is no such source here; there are ` +
        `${Object.keys(this.#sources).join(', ')}.`,
      { rule: rule.id, source: kind },
    );
  }

  #assign(lane: Lane, subjects: readonly Subject[], now: number): readonly LevelChange[] {
    const { rule, pairs: before } = lane;
    lane.subjects = subjects;
    lane.pairs = new Map(
      lane.subjects.map(({ name }) => [name, before.get(name) ?? this.#adopt(lane, newPair(rule, name))]),
    );
    const left = [...before.values()].filter(({ subject }) => !lane.pairs.has(subject));
    return this.#forget(lane, left, { now, why: `the rule ${rule.id} does not apply to it any more` });
  }

  /** Gives a pair what was stored of it, if its rule is still the same. */
  #adopt(lane: Lane, pair: Pair): Pair {
    const name = pairName(lane.rule.id, pair.subject);
    const stored = this.#stored.get(name);
    this.#stored.delete(name);
    if (stored?.ruleDigest !== lane.rule.digest) return pair;
    pair.watch = stored;
    const fired = Object.values(stored.levels).map(({ firedAt }) => firedAt ?? -Infinity);
    pair.troubledAt = Math.max(pair.troubledAt, ...fired);
    if (stored.blind && stored.unknownSince !== null) {
      // Which of several it was is not stored: those that are seen again are cleared at the first look.
      pair.blindTo = lane.signal.identities;
      for (const identity of lane.signal.identities)
        this.#blindness.restored(identity, name, stored.unknownSince);
    }
    return pair;
  }

  #forget(
    lane: Lane,
    pairs: readonly Pair[],
    { now, why }: { readonly now: number; readonly why: string },
  ): readonly LevelChange[] {
    const phases = { pending: 'forgiven', firing: 'forgiven', recovering: 'forgiven' } as const;
    return pairs.flatMap((pair) => {
      for (const identity of pair.blindTo)
        this.#blindness.regained(identity, pairName(lane.rule.id, pair.subject), why);
      return levelsIn(pair.watch, lane.rule, { phases, at: now, detail: () => why });
    });
  }
}

function laneName({ rule }: Work): string {
  return `${rule.id}@${rule.digest}`;
}

function newLane(rule: Rule, signal: Signal): Lane {
  return {
    rule,
    signal,
    subjects: [],
    pairs: new Map(),
    stop: new AbortController(),
    evaluatedAt: null,
    checkpointAt: -Infinity,
  };
}

function newPair(rule: Rule, subject: string): Pair {
  const watch = freshWatch(rule, subject);
  return { subject, watch, reading: null, verdict: 'not_read', blindTo: [], troubledAt: -Infinity };
}
