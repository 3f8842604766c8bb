/** One thing that was measured, as a line of the results holds it. */
export interface Measure {
  /** What was measured, in words. */
  readonly measure: string;
  readonly unit: Unit;
  readonly repetitions: number;
  readonly median: number;
  readonly p99: number;
  readonly min: number;
  readonly max: number;
  /** What it must not exceed, where the project has set itself a target. */
  readonly target?: Limit;
  readonly met?: boolean;
  /** Circumstances that belong to the number. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

export type Unit = 'ms' | 'us' | 'ns' | 's' | 'percent of one core' | 'MiB' | 'MiB per 10 min' | 'ratio';

export interface Limit {
  readonly of: 'median' | 'p99' | 'max';
  readonly atMost: number;
}

/** Sums samples up. Throws when there are none: a benchmark that measured nothing has not passed. */
export function measured(
  name: Pick<Measure, 'measure' | 'unit'>,
  samples: readonly number[],
  more: { readonly target?: Limit; readonly facts?: Measure['facts'] } = {},
): Measure {
  if (samples.length === 0) throw new Error(`${name.measure}: nothing was measured`);
  const sorted = samples.toSorted((a, b) => a - b);
  const summary = {
    median: rounded(quantile(sorted, 0.5)),
    p99: rounded(quantile(sorted, 0.99)),
    min: rounded(sorted[0] ?? Number.NaN),
    max: rounded(sorted.at(-1) ?? Number.NaN),
  };
  const { target, facts } = more;
  return {
    ...name,
    repetitions: samples.length,
    ...summary,
    ...(target === undefined ? {} : { target, met: summary[target.of] <= target.atMost }),
    ...(facts === undefined ? {} : { facts }),
  };
}

/** Of sorted samples; between two of them the higher one, so that a p99 is never better than what happened. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Slope of a least-squares line through points of (x, y). */
export function slope(points: readonly (readonly [number, number])[]): number {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return over / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
