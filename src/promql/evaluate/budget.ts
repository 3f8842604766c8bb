import { QueryError } from '../query-error.ts';

/** What one query may cost at most. */
export interface QueryLimits {
  /** Samples that are looked at, each time they are looked at, and values that parts of the query come to. */
  readonly samples: number;
  /** Series that parts of the query go through, each time they do; letters of values that patterns are tried on. */
  readonly rows: number;
  /** Values that are held at a time for one part of the query: series × steps. */
  readonly values: number;
  /** Series of a result. */
  readonly series: number;
  /** Steps of a range query. */
  readonly steps: number;
}

/** 11,000 steps and 50 million samples are Prometheus' limits; the rest keeps each part of a query to 90 MB. */
export const defaultLimits: QueryLimits = {
  samples: 50_000_000,
  rows: 5_000_000,
  values: 10_000_000,
  series: 200_000,
  steps: 11_000,
};

/**
 * For a query that others wait for: under a second of computing time, where the limits above take many. A series on
 * its way through an operator costs some two microseconds, a sample in a window up to 40 nanoseconds.
 */
export const promptLimits: QueryLimits = {
  ...defaultLimits,
  samples: 10_000_000,
  rows: 250_000,
  values: 2_000_000,
};

/** Counts what a query has cost and stops it when that is too much. */
export class Budget {
  readonly #limits: QueryLimits;
  #samples = 0;
  #rows = 0;

  constructor(limits: QueryLimits) {
    this.#limits = limits;
  }

  /** @throws QueryError when more samples were looked at than one query may */
  samples(count: number): void {
    this.#samples += count;
    if (this.#samples <= this.#limits.samples) return;
    throw new QueryError(
      'execution',
      `query processing would look at more than ${this.#limits.samples} samples: ask for a shorter range or fewer series`,
    );
  }

  /** @throws QueryError when its parts went through more series than they may */
  rows(count: number): void {
    this.#rows += count;
    if (this.#rows <= this.#limits.rows) return;
    throw new QueryError(
      'execution',
      `query processing would go through more than ${this.#limits.rows} series, part by part: name the metric, or ask for fewer series`,
    );
  }

  /** @throws QueryError when a part of a query would hold more values than it may */
  values(count: number): void {
    if (count <= this.#limits.values) return;
    throw new QueryError(
      'execution',
      `query processing would hold more than ${this.#limits.values} values at a time: ask for a longer step, a shorter range or fewer series`,
    );
  }

  /** @throws QueryError when a result has too many series */
  series(count: number): void {
    if (count <= this.#limits.series) return;
    throw new QueryError(
      'execution',
      `query has ${count} series as its result, ${this.#limits.series} are allowed`,
    );
  }

  /** @throws QueryError when a range query has too many steps */
  steps(count: number): void {
    if (count <= this.#limits.steps) return;
    throw new QueryError(
      'execution',
      `exceeded maximum resolution of ${this.#limits.steps} points per timeseries: ask for a longer step`,
    );
  }
}
