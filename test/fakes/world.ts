import { z } from 'zod';
import type { EffectOutcome, ProbeAnswer } from '../../src/domain/effect.ts';
import type { EffectClass, Finding, Risk, Step, StepFacts } from '../../src/domain/plan.ts';
import { type Clock, sleep } from '../../src/domain/ports/clock.ts';
import type { Driver } from '../../src/domain/ports/driver.ts';
import type { Observer } from '../../src/domain/ports/observer.ts';
import type { Source } from '../../src/domain/ports/source.ts';
import type { Reading } from '../../src/domain/reading.ts';
import { type Component, nameRelease, releaseId, type Sighting } from '../../src/domain/release.ts';

type Seen = number | boolean | 'blind' | 'nothing' | 'idle';

/**
 * A small production: targets that run versions, signals that read what the test says, and a ledger of everything
 * that was done to it. It implements the ports of sources, observers and drivers.
 */
export class World {
  readonly clock: Clock;
  /** What was done, in order, e.g. `shop: v2 → v1`. */
  readonly ledger: string[] = [];
  readonly #versions = new Map<string, { version: string; opId: string | null; manager: string | null }>();
  readonly #signals = new Map<string, Seen | ((subject: string) => Seen)>();
  readonly #done = new Set<string>();
  /** What the next effects meet, by driver kind. */
  readonly troubles = new Map<
    string,
    | 'fails'
    | 'fails once'
    | 'never answers'
    | 'answer lost'
    | 'refuses'
    | 'changes'
    /** After the next look. */
    | 'changes once'
    /** It happens, and the daemon never hears of it. */
    | 'happens, never answers'
    /** Each look takes five seconds. */
    | 'slow to read'
    /** Five seconds, if nobody stops it. */
    | 'takes a while'
  >();
  #reads = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  deploy(target: string, version: string, by: { manager?: string } = {}): void {
    this.#versions.set(target, { version, opId: null, manager: by.manager ?? null });
  }

  version(target: string): string {
    return this.#versions.get(target)?.version ?? 'none';
  }

  /** From now on the signal reads this, for every subject or as the function says. */
  show(signal: string, seen: Seen | ((subject: string) => Seen)): void {
    this.#signals.set(signal, seen);
  }

  components(version: string): readonly Component[] {
    return [{ kind: 'link', value: `/releases/${version}`, label: version }];
  }

  release(version: string): string {
    return releaseId(this.components(version));
  }

  /** `measure: NAME` reads numbers, `probe: NAME` reads passes and failures. */
  source(kind: 'measure' | 'probe'): Source<string> {
    return {
      kind,
      options: z.string(),
      seesDeploys: kind === 'probe',
      signal: () => (kind === 'probe' ? 'probe' : 'value'),
      unit: () => 'ratio',
      windowMs: () => 0,
      identity: (name) => name,
      read: (name, subjects) =>
        Promise.resolve(
          new Map(subjects.map((subject) => [subject.name, this.#reading(kind, name, subject.name)])),
        ),
    };
  }

  /** What a signal reads for a subject now; undefined while nothing is shown. */
  seen(signal: string, subject: string): Seen | undefined {
    const shown = this.#signals.get(signal);
    return typeof shown === 'function' ? shown(subject) : shown;
  }

  #reading(kind: 'measure' | 'probe', name: string, subject: string): Reading {
    const at = this.clock.now();
    const seen = this.seen(name, subject) ?? (kind === 'probe' ? true : 0);
    if (seen === 'blind') return { kind: 'unknown', at, why: 'error', detail: `${name} cannot be read` };
    if (seen === 'nothing') return { kind: 'unknown', at, why: 'no_data', detail: `${name} has no data` };
    if (seen === 'idle')
      return { kind: 'unknown', at, why: 'insufficient', detail: `${name} has too little traffic` };
    if (typeof seen === 'boolean')
      return { kind: 'probe', at, passed: seen, detail: seen ? 'answers' : 'answers 500' };
    return { kind: 'value', at, value: seen, detail: `${name} is ${seen}` };
  }

  observer(): Observer {
    return {
      kind: 'link',
      sees: (target) => target.link !== null,
      look: (target) => Promise.resolve(this.#sighting(target.name)),
    };
  }

  #sighting(target: string): Sighting {
    const seen = this.#versions.get(target);
    return {
      at: this.clock.now(),
      components: seen === undefined ? [] : this.components(seen.version),
      healthy: null,
      exited: false,
      sealed: null,
      opId: seen?.opId ?? null,
      manager: seen?.manager ?? null,
    };
  }

  /** A driver of the given word and class. `move` goes to the plan's release; others only leave a line in the ledger. */
  driver(
    kind: string,
    effect: EffectClass = 'probe',
    risk: Risk = 'disruptive',
    more: Partial<Driver> = {},
  ): Driver {
    return {
      kind,
      effect,
      risk,
      options: z.unknown(),
      deadlineMs: 60_000,
      needsRelease: kind === 'move',
      read: (step, signal) => this.#facts(step, signal),
      preflight: () => Promise.resolve(this.#preflight(kind)),
      describe: (step) =>
        kind === 'move'
          ? `move ${step.target.name} to ${step.to === null ? 'nowhere' : nameRelease(step.to)}`
          : kind,
      apply: (step, opId, signal) => this.#apply(kind, step, opId, signal),
      probe: (_step, opId) => Promise.resolve(this.#probe(kind, opId)),
      byHand: (step) => [`${kind} ${step.target.name} by hand`],
      ...more,
    };
  }

  async #facts(step: Step, signal: AbortSignal): Promise<StepFacts> {
    if (this.troubles.get(step.kind) === 'slow to read') await sleep(this.clock, 5_000, signal);
    this.#reads += 1;
    const wobble = this.troubles.get(step.kind) === 'changes' ? `/${this.#reads}` : this.#changed(step);
    return { identity: `${this.version(step.target.name)}${wobble}`, detail: {} };
  }

  #changed({ kind }: Step): string {
    if (this.troubles.get(kind) !== 'changes once') return '';
    this.troubles.delete(kind);
    return '/once';
  }

  #preflight(kind: string): Omit<Finding, 'step'>[] {
    return this.troubles.get(kind) === 'refuses'
      ? [{ level: 'refuse', message: `${kind} is not possible here` }]
      : [];
  }

  async #apply(kind: string, step: Step, opId: string, signal: AbortSignal): Promise<EffectOutcome> {
    const trouble = this.troubles.get(kind);
    if (trouble === 'fails once') this.troubles.delete(kind);
    if (trouble === 'fails' || trouble === 'fails once')
      return { ended: 'failed', detail: `${kind} did not work`, retryable: true };
    if (trouble === 'never answers') await aborted(signal);
    if (trouble === 'takes a while') await sleep(this.clock, 5_000, signal);
    signal.throwIfAborted();
    this.#carryOut(kind, step, opId);
    if (trouble === 'happens, never answers') await aborted(signal);
    if (trouble === 'answer lost') throw new Error('the connection was cut');
    return { ended: 'done', detail: `${kind} is done` };
  }

  #carryOut(kind: string, step: Step, opId: string): void {
    const target = step.target.name;
    this.#done.add(opId);
    if (kind !== 'move') {
      this.ledger.push(`${target}: ${kind}`);
      return;
    }
    const to = step.to?.components[0]?.label ?? 'none';
    this.ledger.push(`${target}: ${this.version(target)} → ${to}`);
    this.#versions.set(target, { version: to, opId, manager: null });
  }

  #probe(kind: string, opId: string): ProbeAnswer {
    if (this.troubles.get(`${kind} probe`) !== undefined) return 'unknown';
    return this.#done.has(opId) ? 'done' : 'not_done';
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  return promise;
}
