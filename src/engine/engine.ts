import type { Configuration } from '../domain/configuration.ts';
import type { Evaluation } from '../domain/ports/detection.ts';
import { Activities } from './activities.ts';
import { Book } from './book.ts';
import type { Case } from './case.ts';
import { Core } from './core.ts';
import { beat } from './heartbeat.ts';
import { keepHeld } from './held.ts';
import { inForce, keyOf, pairsIn, type Pairs } from './in-force.ts';
import { followConfiguration, goneSince } from './reconfigure.ts';
import { takeEvaluation } from './levels.ts';
import type { Flow } from './flow.ts';
import type { Parts } from './parts.ts';
import { keepPins } from './pins.ts';
import { pursue } from './pursuit.ts';
import { restoreCases, resume } from './recovery.ts';
import { confirmFresh } from './fresh.ts';
import { Timers } from './timers.ts';
import type { Turn } from './turn.ts';
import { watchReleases } from './watch-releases.ts';

/**
 * The incident loop: takes in readings, sightings, answers and time; decides; has effects carried out; records.
 *
 * `start` may be called once; `stop` any number of times, with one outcome.
 */
export class Engine {
  readonly core: Core;
  readonly startedAt: number;
  readonly #activities: Activities;
  readonly #timers: Timers;
  readonly #abort = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  #watching = new AbortController();
  #stopping: Promise<boolean> | null = null;
  #evaluated = false;
  /** What incidents keep of an earlier configuration. */
  #kept = '';
  /** What detection remembers something of. */
  #pairs: Pairs = new Map();

  constructor(parts: Parts, configuration: Configuration, onFatal: (error: unknown) => void) {
    this.core = new Core(parts, new Book(configuration), onFatal);
    this.startedAt = parts.clock.now();
    this.#activities = new Activities(parts.clock, (error) => this.core.fail(error));
    this.#timers = new Timers(this.core);
    this.core.pursue = (touched) => this.#pursue(touched);
  }

  /** Loads what survived, takes it up, and begins to watch. Resolves once everything runs. */
  async start(): Promise<void> {
    const { store, detection, releases, clock } = this.core.parts;
    const loaded = await store.load();
    const restored = restoreCases(this.core, loaded);
    const present = inForce(this.core.book);
    const { rules, targets, pinned, kept } = present;
    this.#kept = kept;
    this.#pairs = pairsIn(present);
    releases.configure(targets);
    releases.restore(loaded.releases, loaded.serving, loaded.controls);
    detection.configure(rules, targets, pinned);
    detection.restore(loaded.watches, clock.now());
    await resume(this.core, restored, goneSince(loaded.watches, this.core.book.configuration));
    // What a rule that is gone remembered would be read at each start, and be believed should the rule come back.
    const forgotten = loaded.watches.filter(
      ({ rule, ruleDigest, subject }) => !this.#pairs.has(keyOf({ id: rule, digest: ruleDigest }, subject)),
    );
    await this.core.turn((turn) => turn.include({ forgotten }));
    this.#loops = Promise.all([
      detection.start((evaluation) => this.#evaluate(evaluation), this.#abort.signal),
      this.#watchTargets(),
      keepPins(this.core, this.#abort.signal),
      beat(this.core, this.#abort.signal),
      keepHeld(this.core, this.#abort.signal),
    ]).catch((error: unknown) => this.core.fail(error));
    this.#pursue(this.core.book.open());
  }

  /** True once a first evaluation went through the loop, or nothing is to be evaluated. */
  ready(): boolean {
    return this.#evaluated || this.core.book.configuration.rules.length === 0;
  }

  /** Swaps the configuration: everything that could fail has been checked before. */
  async reconfigure(configuration: Configuration): Promise<void> {
    await this.core.turn((turn, flow) => {
      this.core.book.configuration = configuration;
      turn.note({
        type: 'config.loaded',
        message: `configuration ${configuration.digest.slice(0, 12)} is in force`,
        facts: { digest: configuration.digest },
      });
      this.#enforce(turn, flow);
    });
    this.#watching.abort();
  }

  /** Hands the rules and targets that count now to those who work with them. */
  #enforce(turn: Turn, flow: Flow): void {
    const present = inForce(flow.book);
    const { rules, targets, pinned, kept } = present;
    this.#kept = kept;
    const before = this.#pairs;
    this.#pairs = pairsIn(present);
    turn.include({
      forgotten: [...before].flatMap(([key, pair]) => (this.#pairs.has(key) ? [] : [pair])),
    });
    this.core.parts.releases.configure(targets);
    const gone = this.core.parts.detection.configure(rules, targets, pinned);
    for (const open of flow.book.open()) followConfiguration(turn, flow, open, gone);
  }

  /**
   * Starts nothing new, waits for the effect that runs at most `graceMs`, and leaves the rest for the next start.
   *
   * @returns false when something was still running
   */
  stop(graceMs: number): Promise<boolean> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<boolean> {
    this.#timers.stop();
    const ended = await this.#activities.stop(graceMs);
    this.#abort.abort();
    this.#watching.abort();
    await this.#loops;
    await this.core
      .turn((turn) =>
        turn.note({
          type: 'daemon.stopped',
          message: ended ? 'stopped' : 'stopped while a step was running; the next start looks into it',
        }),
      )
      .catch(() => {});
    await this.core.idle();
    this.core.end();
    return ended;
  }

  async #evaluate(evaluation: Evaluation): Promise<void> {
    await takeEvaluation(this.core, evaluation);
    this.core.parts.watcher.evaluated(evaluation);
    const confirmed = confirmFresh(this.core.book, evaluation);
    if (confirmed.length > 0) this.#pursue(confirmed);
    this.#evaluated = true;
  }

  /** Watches releases until the end; anew when the targets change. */
  async #watchTargets(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      this.#watching = new AbortController();
      const signal = AbortSignal.any([this.#abort.signal, this.#watching.signal]);
      await watchReleases(this.core, signal);
      if (!signal.aborted) await untilAborted(signal);
    }
  }

  #pursue(touched: readonly Case[]): void {
    for (const open of touched) pursue(this.core, this.#activities, open);
    if (this.#stopping === null) this.#timers.arm();
    // An incident that kept its own copy ended: now the new configuration counts.
    if (this.#kept !== '' && inForce(this.core.book).kept !== this.#kept)
      void this.core.turn((turn, flow) => this.#enforce(turn, flow)).catch(() => {});
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}
