/**
 * How the values of a group become one, a value at a time.
 *
 * State stands in arrays, one place a group and step. `count` is how many values the place has seen, the present one
 * included.
 */
export interface Fold {
  add(place: number, value: number, count: number): void;
  result(place: number, count: number): number;
}

/** Aggregations that need no parameter. */
export const folds = {
  sum,
  avg,
  min: (places) => extreme(places, (best, value) => best > value),
  max: (places) => extreme(places, (best, value) => best < value),
  count: () => ({ add: () => undefined, result: (_, count) => count }),
  group: () => ({ add: () => undefined, result: () => 1 }),
  stdvar: (places) => deviation(places, (variance) => variance),
  stddev: (places) => deviation(places, Math.sqrt),
} as const satisfies Record<string, (places: number) => Fold>;

function sum(places: number): Fold {
  const sums = new CompensatedSums(places);
  return {
    add: (place, value, count) => {
      if (count === 1) sums.set(place, value);
      else sums.add(place, value);
    },
    result: (place) => sums.total(place),
  };
}

/** The mean of a sum; once the sum would overflow, a mean that moves with each value. */
function avg(places: number): Fold {
  const sums = new CompensatedSums(places);
  const moving = new Uint8Array(places);
  return {
    add: (place, value, count) => {
      if (count === 1) {
        sums.set(place, value);
        return;
      }
      if (moving[place] === 0) {
        if (!sums.overflows(place, value)) {
          sums.add(place, value);
          return;
        }
        moving[place] = 1;
        sums.scale(place, 1 / (count - 1));
      }
      sums.scale(place, (count - 1) / count);
      sums.add(place, value / count);
    },
    result: (place, count) => (moving[place] === 1 ? sums.total(place) : sums.mean(place, count)),
  };
}

function extreme(places: number, worse: (best: number, value: number) => boolean): Fold {
  const best = new Float64Array(places);
  return {
    add: (place, value, count) => {
      const before = best[place] ?? 0;
      if (count === 1 || worse(before, value) || Number.isNaN(before)) best[place] = value;
    },
    result: (place) => best[place] ?? 0,
  };
}

/** Welford's running variance of the whole group, not of a sample. */
function deviation(places: number, finish: (variance: number) => number): Fold {
  const means = new Float64Array(places);
  const squares = new Float64Array(places);
  return {
    add: (place, value, count) => {
      if (count === 1) {
        means[place] = value;
        squares[place] = Number.isFinite(value) ? 0 : Number.NaN;
        return;
      }
      const mean = means[place] ?? 0;
      const delta = value - mean;
      means[place] = mean + delta / count;
      squares[place] = (squares[place] ?? 0) + delta * (value - (means[place] ?? 0));
    },
    result: (place, count) => finish((squares[place] ?? 0) / count),
  };
}

/** Sums by Neumaier's method: what is lost in rounding is summed beside. */
class CompensatedSums {
  readonly #sums: Float64Array;
  readonly #lost: Float64Array;

  constructor(places: number) {
    this.#sums = new Float64Array(places);
    this.#lost = new Float64Array(places);
  }

  set(place: number, value: number): void {
    this.#sums[place] = value;
    this.#lost[place] = 0;
  }

  add(place: number, value: number): void {
    const before = this.#sums[place] ?? 0;
    const after = before + value;
    this.#sums[place] = after;
    if (!Number.isFinite(after)) {
      this.#lost[place] = 0;
      return;
    }
    const lost = Math.abs(before) >= Math.abs(value) ? before - after + value : value - after + before;
    this.#lost[place] = (this.#lost[place] ?? 0) + lost;
  }

  overflows(place: number, value: number): boolean {
    const after = (this.#sums[place] ?? 0) + value;
    return after === Infinity || after === -Infinity;
  }

  scale(place: number, factor: number): void {
    this.#sums[place] = (this.#sums[place] ?? 0) * factor;
    this.#lost[place] = (this.#lost[place] ?? 0) * factor;
  }

  total(place: number): number {
    return (this.#sums[place] ?? 0) + (this.#lost[place] ?? 0);
  }

  mean(place: number, count: number): number {
    return (this.#sums[place] ?? 0) / count + (this.#lost[place] ?? 0) / count;
  }
}
