import { Detector } from '../../src/detect/detector.ts';
import type { Watch } from '../../src/domain/breach.ts';
import type { Evaluation } from '../../src/domain/ports/detection.ts';
import type { Rule } from '../../src/domain/rule.ts';
import type { Target } from '../../src/domain/target.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { ScriptedSource } from './scripted-source.ts';
import { aRule, aTarget } from './tracing.ts';

/** A detector on a simulated clock, its sources, and everything it handed out. */
export class Detecting {
  readonly clock: SimulatedClock;
  readonly source: ScriptedSource;
  readonly series: ScriptedSource;
  readonly evaluations: Evaluation[] = [];
  /** What a store would hold. */
  readonly stored = new Map<string, Watch>();
  readonly grace = new Set<string>();
  readonly deploying = new Set<string>();
  readonly closely = new Set<string>();
  readonly detector: Detector;
  /** Thrown instead of storing. */
  storeFails: Error | null = null;
  #abort = new AbortController();
  ended: Promise<void> = Promise.resolve();

  constructor(options: { readonly clock?: SimulatedClock; readonly readLimitMs?: number } = {}) {
    this.clock = options.clock ?? new SimulatedClock();
    this.source = new ScriptedSource(this.clock);
    this.series = new ScriptedSource(this.clock, 'series');
    this.detector = new Detector({
      clock: this.clock,
      sources: { fake: this.source, series: this.series },
      deploys: {
        inGrace: (name) => this.grace.has(name),
        deploying: (name) => this.deploying.has(name),
        watchedClosely: (name) => this.closely.has(name),
      },
      ...(options.readLimitMs === undefined ? {} : { readLimitMs: options.readLimitMs }),
    });
  }

  start(): this {
    this.ended = this.detector.start(async (evaluation) => {
      if (this.storeFails !== null) throw this.storeFails;
      this.evaluations.push(evaluation);
      for (const watch of evaluation.watches) this.stored.set(`${watch.rule} ${watch.subject}`, watch);
    }, this.#abort.signal);
    this.ended.catch(() => {});
    return this;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }

  told(): string[] {
    return this.evaluations.flatMap(({ changes }) =>
      changes.map(
        ({ rule, subject, severity, change, armed }) =>
          `${rule} ${subject} ${severity} ${change}${armed ? '' : ' (unarmed)'}`,
      ),
    );
  }

  blindness(): string[] {
    return this.evaluations.flatMap(({ blind }) =>
      blind.map(({ identity, blind, detail }) => `${identity} ${blind ? 'is blind' : 'sees'}: ${detail}`),
    );
  }
}

/** One rule on `backend`, started and past its first reading, which was ok. */
export async function detecting(
  rules: readonly Rule[] = [aRule()],
  targets: readonly Target[] = [aTarget('backend')],
  options: ConstructorParameters<typeof Detecting>[0] = {},
): Promise<Detecting> {
  const d = new Detecting(options);
  d.detector.configure(rules, byName(targets));
  d.start();
  await d.clock.advance(300);
  return d;
}

export function byName(targets: readonly Target[]): Readonly<Record<string, Target>> {
  return Object.fromEntries(targets.map((target) => [target.name, target]));
}
