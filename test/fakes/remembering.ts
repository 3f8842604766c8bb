import type { Answerer, InstantResult, RangeResult } from '../../src/domain/ports/answerer.ts';
import type { Clock } from '../../src/domain/ports/clock.ts';
import type { World } from './world.ts';

/**
 * An answerer whose queries are signals of a world, one series for each target. It remembers what it answered, and
 * that is the past it can be asked for: what was never read has no past.
 */
export class Remembering implements Answerer {
  readonly name = 'prometheus';
  readonly #world: World;
  readonly #targets: readonly string[];
  readonly #clock: Clock;
  /** By query and target, oldest first. */
  readonly #past = new Map<string, { readonly at: number; readonly value: number }[]>();

  constructor(world: World, targets: readonly string[], clock: Clock) {
    this.#world = world;
    this.#targets = targets;
    this.#clock = clock;
  }

  query(text: string, at: number | null): Promise<InstantResult> {
    const series = this.#targets.flatMap((target) => {
      const value = at === null ? this.#now(text, target) : this.#at(text, target, at);
      return value === null ? [] : [{ labels: { service: target }, value }];
    });
    return Promise.resolve({ type: 'vector', series, warnings: [] });
  }

  queryRange(text: string, range: Parameters<Answerer['queryRange']>[1]): Promise<RangeResult> {
    const series = this.#targets.map((target) => {
      const times: number[] = [];
      for (let at = range.fromMs; at <= range.toMs; at += range.stepMs)
        if (this.#at(text, target, at) !== null) times.push(at);
      const values = times.map((at) => this.#at(text, target, at) ?? Number.NaN);
      return {
        labels: { service: target },
        times: Float64Array.from(times),
        values: Float64Array.from(values),
      };
    });
    return Promise.resolve({ series, warnings: [] });
  }

  #now(text: string, target: string): number | null {
    const seen = this.#world.seen(text, target);
    if (typeof seen !== 'number') return null;
    const name = `${text} ${target}`;
    this.#past.set(name, [...(this.#past.get(name) ?? []), { at: this.#clock.now(), value: seen }]);
    return seen;
  }

  /** The last value of the minute before. */
  #at(text: string, target: string, at: number): number | null {
    const past = this.#past.get(`${text} ${target}`) ?? [];
    const last = past.findLast((sample) => sample.at <= at);
    return last === undefined || at - last.at > 60_000 ? null : last.value;
  }
}
