import type { LevelChange, Watch } from '../domain/breach.ts';
import { closerMs } from '../domain/migration.ts';
import { sleep, type Clock } from '../domain/ports/clock.ts';
import type { RuleView } from '../domain/ports/daemon.ts';
import type { DeployState, Detection, Evaluation, LastRead, PinnedRule } from '../domain/ports/detection.ts';
import type { Sources } from '../domain/ports/source.ts';
import { severities, type Rule } from '../domain/rule.ts';
import type { Target } from '../domain/target.ts';
import { Blindness } from './blindness.ts';
import { evaluate, type Lane } from './lane.ts';
import { readOnce, type Read } from './reader.ts';
import { Roster, type Place } from './roster.ts';
import { worksOf } from './works.ts';
import { firstSlot, firstWithinMs, nextSlot, slotOf } from './schedule.ts';
import { viewOf } from './view.ts';
import { levelsIn, restartedWatch } from './watch.ts';
import { wordReading } from './wording.ts';

export interface DetectorOptions {
  readonly clock: Clock;
  readonly sources: Sources;
  readonly deploys: DeployState;
  /** A read that takes longer than this is given up, whatever the source does; 35 s unless stated. */
  readonly readLimitMs?: number;
  /** Ages of pending breaches are handed out to be stored at most this often, per rule; 5 s unless stated. */
  readonly checkpointMs?: number;
  /** Rules that start together are read first within this time; 250 ms unless stated. */
  readonly firstWithinMs?: number;
}

interface Session {
  readonly evaluated: (evaluation: Evaluation) => Promise<void>;
  readonly failed: (cause: unknown) => void;
  readonly running: Set<Promise<void>>;
}

/**
 * The rules at work: one loop a rule, each on its own grid of `every`.
 *
 * A rule's next read starts only after the last one was folded and stored: a slow source makes its own rule late,
 * and no other. Everything is remembered in memory; what must survive goes out in `Evaluation.watches`.
 */
export class Detector implements Detection {
  readonly #options: Required<DetectorOptions>;
  readonly #blindness = new Blindness();
  readonly #roster: Roster;
  #session: Session | null = null;

  constructor(options: DetectorOptions) {
    this.#options = { readLimitMs: 35_000, checkpointMs: 5_000, firstWithinMs, ...options };
    this.#roster = new Roster({ sources: options.sources, blindness: this.#blindness });
  }

  /**
   * Levels of rules and subjects that are gone, or whose rule changed, come back as `forgiven`, whatever phase they
   * were in: nobody counts them any more, which is not the same as having recovered.
   *
   * @throws RollbackError `CONFIG_INVALID` when a rule names a source that is not there; nothing is changed then
   */
  configure(
    rules: readonly Rule[],
    targets: Readonly<Record<string, Target>>,
    pinned: readonly PinnedRule[] = [],
  ): readonly LevelChange[] {
    const now = this.#options.clock.now();
    const { started, gone } = this.#roster.configure(worksOf(rules, targets, pinned), now);
    for (const lane of started) this.#launch(lane);
    return gone;
  }

  restore(watches: readonly Watch[], now: number): void {
    this.#roster.restore(watches, now);
  }

  /** Rejects when `evaluated` does: an evaluation that cannot be stored must stop the daemon, not be passed over. */
  async start(evaluated: (evaluation: Evaluation) => Promise<void>, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    const stop = (): void => resolve();
    const session: Session = { evaluated, failed: reject, running: new Set() };
    this.#session = session;
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (const lane of this.#roster.lanes.values()) this.#launch(lane);
      await ended;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#session = null;
      for (const lane of this.#roster.lanes.values()) lane.stop.abort();
      await Promise.allSettled(session.running);
    }
  }

  /**
   * Folds readings that were handed in, as if they had been read for the slot at `at`: for rehearsals, which have them
   * already. null when no such rule is at work.
   */
  feed({ id, digest }: Pick<Rule, 'id' | 'digest'>, read: Read, at: number): Evaluation | null {
    const lane = this.#roster.lanes.get(`${id}@${digest}`);
    if (lane === undefined) return null;
    const { clock, deploys, checkpointMs } = this.#options;
    const around = { deploys, checkpointMs, blindness: this.#blindness };
    return evaluate(lane, read, { slotAt: at, now: clock.now() }, around);
  }

  arm(
    rule: string,
    target: string | null,
    now: number,
  ): { readonly watches: readonly Watch[]; readonly changes: readonly LevelChange[] } {
    const watches: Watch[] = [];
    const changes: LevelChange[] = [];
    for (const { lane, pair } of this.#roster.places()) {
      const meant = lane.rule.id === rule || lane.rule.name === rule;
      if (!meant || (target !== null && pair.subject !== target) || pair.watch.armed) continue;
      pair.watch = { ...pair.watch, armed: true };
      watches.push(pair.watch);
      changes.push(...firingNow({ lane, pair }, now));
    }
    return { watches, changes };
  }

  restartPending(): readonly Watch[] {
    const restarted: Watch[] = [];
    for (const { pair } of this.#roster.places()) {
      const watch = restartedWatch(pair.watch);
      if (watch === pair.watch) continue;
      pair.watch = watch;
      restarted.push(watch);
    }
    return restarted;
  }

  troubled(subject: string): boolean {
    const { deploys } = this.#options;
    for (const { lane, pair } of this.#roster.placesOf(subject)) {
      if (inShadow(lane)) continue;
      for (const severity of severities)
        if ((pair.watch.levels[severity]?.phase ?? 'clear') !== 'clear') return true;
      // Grace holds a breach back; it does not make it good.
      if (pair.verdict === 'breach' && lane.signal.seesDeploys && deploys.inGrace(subject)) return true;
    }
    return false;
  }

  criticalOk(subject: string, now: number): boolean {
    for (const { lane, pair } of this.#roster.placesOf(subject)) {
      const critical = lane.rule.levels.some(({ severity }) => severity === 'critical');
      const fresh = pair.reading !== null && now - pair.reading.at <= 3 * lane.rule.everyMs;
      if (critical && fresh && pair.verdict === 'ok') return true;
    }
    return false;
  }

  affected(since: number): ReadonlySet<string> {
    const names = new Set<string>();
    for (const { lane, pair } of this.#roster.places())
      if (lane.rule.scope === 'target' && !inShadow(lane) && pair.troubledAt >= since)
        names.add(pair.subject);
    return names;
  }

  views(subject: string): readonly RuleView[] {
    return this.#roster.placesOf(subject).map(({ lane, pair }) => viewOf(lane.rule, pair));
  }

  /** One rule of a subject, as `views` shows it; null when it is not read there. */
  view(rule: string, subject: string): RuleView | null {
    const place = this.#roster.placesOf(subject).find(({ lane }) => lane.rule.id === rule);
    return place === undefined ? null : viewOf(place.lane.rule, place.pair);
  }

  lastRead(rule: string, subject: string): LastRead | null {
    const place = this.#roster.placesOf(subject).find(({ lane }) => lane.rule.id === rule);
    if (place === undefined) return null;
    const { pair, lane } = place;
    return { reading: pair.reading, seen: pair.watch.seen, seesDeploys: lane.signal.seesDeploys };
  }

  unknownSeries(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { rule, signal } of this.#roster.lanes.values()) {
      const count = signal.unmatched();
      if (count > 0) counts[rule.id] = count;
    }
    return counts;
  }

  blind(): readonly string[] {
    return this.#blindness.identities();
  }

  lastEvaluations(): ReadonlyMap<string, number> {
    const at = new Map<string, number>();
    for (const { rule, evaluatedAt } of this.#roster.lanes.values())
      if (evaluatedAt !== null) at.set(rule.id, Math.max(evaluatedAt, at.get(rule.id) ?? evaluatedAt));
    return at;
  }

  #launch(lane: Lane): void {
    const session = this.#session;
    if (session === null) return;
    const run = this.#run(lane, session)
      .catch(session.failed)
      .finally(() => session.running.delete(run));
    session.running.add(run);
  }

  async #run(lane: Lane, session: Session): Promise<void> {
    const { clock, readLimitMs, checkpointMs, firstWithinMs, deploys } = this.#options;
    const { rule, signal, stop } = lane;
    const around = { deploys, checkpointMs, blindness: this.#blindness };
    const limits = { clock, limitMs: readLimitMs, signal: stop.signal };
    let due: Due = { at: firstSlot(rule, clock.now(), firstWithinMs), after: null };
    for (;;) {
      await sleep(clock, due.at - clock.now(), stop.signal);
      if (stop.signal.aborted) return;
      const slotAt = due.after === null ? slotOf(due.at, rule.everyMs, clock.now()) : due.at;
      const read = await readOnce(limits, signal, lane.subjects);
      if (stop.signal.aborted) return;
      const only = due.after === null ? {} : { only: closelyWatched(lane, deploys) };
      await session.evaluated(evaluate(lane, read, { slotAt, now: clock.now(), ...only }, around));
      due = nextDue(
        rule,
        due.after === null ? { slotAt, closely: closelyWatched(lane, deploys).size > 0 } : due,
        clock.now(),
      );
    }
  }
}

/** When a rule is read next; between two slots, after which. */
interface Due {
  readonly at: number;
  /** The slot before; null for a slot itself. */
  readonly after: number | null;
}

/** The reading between two slots where something is watched closely, then the next slot: those stay where they are. */
function nextDue(
  { everyMs }: Rule,
  read: Due | { readonly slotAt: number; readonly closely: boolean },
  now: number,
): Due {
  if ('after' in read) return { at: nextSlot(read.after ?? read.at, everyMs, now), after: null };
  const between = read.slotAt + closerMs(everyMs);
  if (read.closely && between > now && between < read.slotAt + everyMs)
    return { at: between, after: read.slotAt };
  return { at: nextSlot(read.slotAt, everyMs, now), after: null };
}

function closelyWatched({ rule, pairs }: Lane, deploys: DeployState): ReadonlySet<string> {
  if (rule.scope !== 'target') return noSubjects;
  const names = [...pairs.keys()].filter((subject) => deploys.watchedClosely?.(subject) === true);
  return names.length === 0 ? noSubjects : new Set(names);
}

const noSubjects: ReadonlySet<string> = new Set();

/** A rule in shadow decides nothing, so it holds back no release either; what it reads ok is ok all the same. */
function inShadow({ rule }: Lane): boolean {
  return rule.mode === 'shadow';
}

function firingNow({ lane, pair }: Place, at: number): LevelChange[] {
  const { reading, watch } = pair;
  return levelsIn(watch, lane.rule, {
    phases: { firing: 'fired' },
    at,
    detail: (level) => (reading === null ? 'not read since the start' : wordReading(reading, level)),
  });
}
