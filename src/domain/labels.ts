/** Labels of a series, its name among them as `__name__`. Empty labels are left out. */
export type Labels = Readonly<Record<string, string>>;

/** One element of an instant vector. */
export interface Series {
  readonly labels: Labels;
  /** May be NaN or infinite. */
  readonly value: number;
}

/** One series over time. */
export interface RangeSeries {
  readonly labels: Labels;
  /** Epoch ms, ascending. */
  readonly times: Float64Array;
  /** As long as `times`. May hold NaN and infinities. */
  readonly values: Float64Array;
}
