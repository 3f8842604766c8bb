import type { LevelChange } from '../../domain/breach.ts';
import type { Evaluation } from '../../domain/ports/detection.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Arrival } from '../../domain/ports/arrivals.ts';
import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer, Daemon, RuleView } from '../../domain/ports/daemon.ts';
import type { IncidentRow, NewEntry, Store } from '../../domain/ports/store.ts';
import type { ExplainView } from '../../domain/explanation.ts';
import type { Configuration } from '../../domain/configuration.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Rule } from '../../domain/rule.ts';
import { MINUTE } from '../../domain/time.ts';
import { rowOf } from '../../engine/case.ts';
import { execute } from '../../engine/commands/execute.ts';
import { Engine } from '../../engine/engine.ts';
import { openSqliteStore } from '../../store/sqlite/open.ts';
import { explain, type Answerers } from '../explain/explain.ts';
import { SimulatedClock } from './clock.ts';
import type { RehearsedDetector } from './detector.ts';
import { rehearsedParts, type Watching } from './parts.ts';
import { history, Production } from './production.ts';
import { happeningsOf, type Happening } from './happenings.ts';
import type { Script } from './script.ts';

export interface RehearsalOptions {
  /** Validated, as `load` gives it. Its mode, guards, freezes and budgets count; its store and connections do not. */
  readonly configuration: Configuration;
  /** Who answers PromQL at the instants of the simulated clock; null where every reading is fed. */
  readonly answerer: ((clock: SimulatedClock) => Answerer) | null;
  readonly script: Script;
  /** The beginning, epoch ms. */
  readonly from: number;
  /** True: rules read nothing by themselves; every reading comes through `feed`. */
  readonly fed?: boolean;
  /** Called once before anything happens. */
  readonly opened?: (seen: Seen) => void;
  /** Hears of every evaluation; in a fed rehearsal those in which nothing changed are left out. */
  readonly evaluated?: (evaluation: Evaluation, seen: Seen) => void;
  /** Hears of what was just journaled. */
  readonly committed?: (entries: readonly NewEntry[], seen: Seen) => void;
}

/** What a rehearsal shows at this instant. */
export interface Seen {
  /** What runs on a target, by the label of the script; null when nothing known does. */
  release(target: string): string | null;
  /** How what runs on a target now came to it; null when nothing was seen to arrive. */
  arrival(target: string): Arrival | null;
  /** A rule on a subject (a target, or `host:NAME`) as people would see it; null when it is not read there. */
  ruleOn(rule: string, subject: string): RuleView | null;
  /** The incident on a target that is not closed. */
  incidentOn(target: string): IncidentRow | null;
}

/**
 * The daemon without its edges, on a simulated clock.
 *
 * Detection, decisions, guards, machines, releases, plans, verification, record and store are the daemon's own; what is
 * replaced is the clock, who answers PromQL, the readings of all other sources, what steps do (they succeed at once and
 * move a simulated production), and people. Nothing outside is read, called or written. The same options give the same
 * rehearsal, to the millisecond.
 *
 * Two ways to let time pass:
 * - `advanceTo` lets everything happen at its own time: rules read by themselves, every alarm rings. For tests of minutes
 *   or hours.
 * - `feed` in a fed rehearsal: whoever has the readings hands them in, slot by slot. While nothing is going on it is a
 *   plain fold, without a promise and without an alarm; once a level fires, or an incident is under way, time passes as
 *   with `advanceTo`, but for looks whether anything happened; readings of rules that the incident does not wait for are
 *   not kept as evidence. For months.
 */
export interface Rehearsal extends AsyncDisposable, Seen {
  readonly clock: SimulatedClock;
  /** The journal so far, oldest first. */
  readonly entries: readonly NewEntry[];
  /** Why a rule fires on a target, or why not, as `rollbackd explain` would say it. */
  explain(request: Parameters<Daemon['explain']>[0]): Promise<ExplainView>;
  /** All incidents so far, open and closed, oldest first. */
  incidents(): Promise<readonly IncidentRow[]>;
  /** Lets time pass until this instant, included. Rejects when the daemon would have ended. */
  advanceTo(at: number): Promise<void>;
  /** Lets time pass until this instant as `feed` does: quickly while nothing is going on. */
  passTo(at: number): Promise<void>;
  /**
   * Whether a reading of this rule would count for more than its own levels: an incident under way asks for it, or a
   * release that bakes.
   */
  waitsFor(rule: Rule): boolean;
  /** What somebody commands now, beside the script: for answers to what only the rehearsal itself brings up. */
  command(command: Command, by: Actor): Promise<CommandAnswer>;
  /**
   * Hands in what a rule read of its subjects at a slot; a subject that is missing had no data. Slots come in order of
   * time, over all rules; a rule's slots lie on its own grid of `every`.
   *
   * @returns null when nothing followed from it; else a promise that must be awaited before the next call
   */
  feed(rule: Rule, at: number, readings: ReadonlyMap<string, Reading>): Promise<void> | null;
}

/** Opens a rehearsal: what the script says ran before `from` is known, and the daemon has just started. */
export async function openRehearsal(options: RehearsalOptions): Promise<Rehearsal> {
  const { configuration, script, from } = options;
  const clock = new SimulatedClock(from);
  const production = new Production(clock);
  const store = await openSqliteStore({ path: ':memory:', clock });
  for (const target of Object.values(configuration.targets)) {
    const scripted = script.releases[target.name] ?? [];
    const last = scripted.at(-1);
    if (last !== undefined) production.deploy(target.name, last.release);
    await store.commit(history(target, scripted, from));
  }
  const entries: NewEntry[] = [];
  // The parts tell the rehearsal what happens, and the rehearsal is made of the parts.
  const told: Watching = {
    committed: (added) => {
      entries.push(...added);
      options.committed?.(added, rehearsal);
    },
    evaluated: (evaluation) => options.evaluated?.(evaluation, rehearsal),
  };
  const { parts, detector } = rehearsedParts(options, { clock, production, store, told });
  const answerer = options.answerer?.(clock) ?? null;
  const answerers = answerer === null ? {} : { prometheus: answerer, scrape: answerer };
  const stage = { clock, production, store, entries, detector, script, answerers, told };
  const rehearsal = new DaemonRehearsal(stage);
  rehearsal.engine = new Engine(parts, configuration, (error) => rehearsal.fail(error));
  options.opened?.(rehearsal);
  await rehearsal.engine.start();
  await rehearsal.advanceTo(from);
  return rehearsal;
}

interface Stage {
  readonly clock: SimulatedClock;
  readonly production: Production;
  readonly store: Store;
  readonly entries: readonly NewEntry[];
  readonly detector: RehearsedDetector;
  readonly script: Script;
  readonly answerers: Answerers;
  readonly told: Watching;
}

/** What is decided, done or asked now: every reading counts, and time passes in small steps. */
const underWay: ReadonlySet<string> = new Set(['judging', 'planning', 'asking', 'starting', 'rolling_back']);

/** Between two looks further apart a release does not bake. */
const bakingStepMs = MINUTE;

/** How time passes: step by step, over mere looks, or at once. */
type Move = 'advanceTo' | 'hopTo' | 'leapTo';

class DaemonRehearsal implements Rehearsal {
  readonly clock: SimulatedClock;
  readonly entries: readonly NewEntry[];
  engine!: Engine;
  readonly #stage: Stage;
  readonly #happenings: Happening[];
  #fatal: Error | null = null;
  #lookedAt: number;
  /** Everything that was due by then has happened. */
  #passedTo = -Infinity;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.clock = stage.clock;
    this.entries = stage.entries;
    this.#happenings = happeningsOf(stage.script);
    this.#lookedAt = stage.clock.now();
  }

  release(target: string): string | null {
    return this.#stage.production.release(target);
  }

  arrival(target: string): Arrival | null {
    return this.engine.core.parts.releases.arrival(target);
  }

  ruleOn(rule: string, subject: string): RuleView | null {
    return this.#stage.detector.view(rule, subject);
  }

  incidentOn(target: string): IncidentRow | null {
    const open = this.engine.core.book.on(target);
    return open === null ? null : rowOf(open);
  }

  explain(request: Parameters<Daemon['explain']>[0]): Promise<ExplainView> {
    return explain(this.engine.core, this.#stage.answerers, request, new AbortController().signal);
  }

  async incidents(): Promise<readonly IncidentRow[]> {
    const rows = await this.#stage.store.incidents({ limit: 100_000 });
    return rows.toSorted((a, b) => a.openedAt - b.openedAt);
  }

  async advanceTo(at: number): Promise<void> {
    while ((this.#happenings[0]?.at ?? Infinity) <= at) {
      const next = this.#happenings.shift();
      if (next !== undefined) await this.#happen(next, 'advanceTo');
    }
    await this.clock.advanceTo(at);
    this.#lookedAt = this.clock.now();
    if (this.#fatal !== null) throw this.#fatal;
  }

  passTo(at: number): Promise<void> {
    return this.#passTo(at, this.#isBusy() ? 'hopTo' : 'leapTo');
  }

  waitsFor(rule: Rule): boolean {
    return this.#isBaking() || (this.#isBusy() && this.#concerns(rule));
  }

  async command(command: Command, by: Actor): Promise<CommandAnswer> {
    const answer = await execute(this.engine.core, command, by);
    await this.clock.leapTo(this.clock.now());
    if (this.#fatal !== null) throw this.#fatal;
    return answer;
  }

  feed(rule: Rule, at: number, readings: ReadonlyMap<string, Reading>): Promise<void> | null {
    if (this.#restless(at)) return this.#feedAwake(rule, at, readings);
    this.clock.slipTo(at);
    const evaluation = this.#stage.detector.feed(rule, readings, at);
    if (evaluation === null) return null;
    if (!isQuiet(evaluation)) return this.#takeIn(evaluation);
    if (evaluation.changes.length > 0) this.#stage.told.evaluated(evaluation);
    return null;
  }

  fail(error: unknown): void {
    this.#fatal ??= error instanceof Error ? error : new Error(String(error));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nobody moves the clock any more, so nothing goes on.
    await this.#stage.store.close();
  }

  async #feedAwake(rule: Rule, at: number, readings: ReadonlyMap<string, Reading>): Promise<void> {
    await this.#passTo(at, this.#isBusy() ? 'hopTo' : 'leapTo');
    const evaluation = this.#stage.detector.feed(rule, readings, at);
    if (evaluation === null) return;
    if (!isQuiet(evaluation) || this.#concerns(rule)) await this.#deliver(evaluation);
    else if (evaluation.changes.length > 0) this.#stage.told.evaluated(evaluation);
  }

  /** Releases are looked at, and alarms ring, before anything is made of the change. */
  async #takeIn(evaluation: Evaluation): Promise<void> {
    await this.#passTo(this.clock.now(), 'leapTo');
    await this.#deliver(evaluation);
  }

  async #deliver(evaluation: Evaluation): Promise<void> {
    await this.#stage.detector.deliver(evaluation);
    await this.clock.advanceTo(this.clock.now());
    if (this.#fatal !== null) throw this.#fatal;
  }

  async #passTo(at: number, move: 'hopTo' | 'leapTo'): Promise<void> {
    if (at === this.#passedTo && (this.#happenings[0]?.at ?? Infinity) > at) return;
    while ((this.#happenings[0]?.at ?? Infinity) <= at) {
      const next = this.#happenings.shift();
      if (next !== undefined) await this.#happen(next, this.#isBusy() ? 'hopTo' : move);
    }
    await this.clock[move](at);
    this.#passedTo = at;
    this.#lookedAt = at;
    if (this.#fatal !== null) throw this.#fatal;
  }

  #restless(at: number): boolean {
    if ((this.#happenings[0]?.at ?? Infinity) <= at || this.#isBusy()) return true;
    return at - this.#lookedAt >= bakingStepMs && this.#isBaking();
  }

  /** An incident that is under way waits for what this rule reads. */
  #concerns({ id }: Rule): boolean {
    const open = this.engine.core.book.open();
    return open.some(({ incident }) => incident.context.levels.some((level) => level.rule === id));
  }

  #isBusy(): boolean {
    return this.engine.core.book.open().some(({ incident }) => underWay.has(incident.value));
  }

  #isBaking(): boolean {
    const { parts, book } = this.engine.core;
    return Object.keys(book.configuration.targets).some(
      (target) => parts.releases.current(target)?.standing === 'unproven',
    );
  }

  /** Lets something happen at its instant; time passes until then in the way asked for. */
  async #happen(happening: Happening, move: Move): Promise<void> {
    const { core } = this.engine;
    switch (happening.does) {
      case 'deploy':
        await this.#standBefore(happening.at, move);
        this.#stage.production.deploy(happening.target, happening.release);
        break;
      case 'command':
        await this.#standBefore(happening.at, move);
        await execute(core, happening.command, happening.by);
        break;
      case 'answer':
        await this.clock[move](happening.at);
        await this.#answer(happening);
        break;
    }
    await this.clock.leapTo(this.clock.now());
  }

  /** What comes at an instant is there before anything is read at it. */
  async #standBefore(at: number, move: Move): Promise<void> {
    if (at > this.clock.now()) await this.clock[move](at - 1);
    this.clock.slipTo(at);
  }

  async #answer({ target, answer, by }: Extract<Happening, { does: 'answer' }>): Promise<void> {
    const { core } = this.engine;
    const open = core.book.on(target);
    if (open?.incident.value !== 'asking') return;
    const planDigest = open.approval?.context.planDigest ?? null;
    await execute(core, { do: answer, incident: open.incident.context.id, planDigest, note: '' }, by);
  }
}

/** Changes that the engine only remembers, for a start that does not come in a rehearsal. */
const remembered: ReadonlySet<LevelChange['change']> = new Set(['pending', 'forgiven', 'recovering']);

/** Nothing that the engine would make anything of. */
function isQuiet({ changes, watches, blind }: Evaluation): boolean {
  if (blind.length > 0 || changes.some(({ change }) => !remembered.has(change))) return false;
  return watches.every(({ armed }) => armed);
}
