/** How what runs now came to a target. */
export interface Arrival {
  readonly release: string;
  /** Since when it runs, epoch ms. */
  readonly since: number;
  /**
   * When the time before the last deployment ended, epoch ms. Going back to an earlier release is no deployment: what
   * it is compared with is still the time before the release that it replaced.
   */
  readonly deployedAt: number;
}

/** When the present releases arrived, for baselines of the time before. */
export interface Arrivals {
  /** null when no release of the target was seen to arrive. */
  of(target: string): Arrival | null;
}

/** Nothing was ever seen to arrive. */
export const noArrivals: Arrivals = { of: () => null };
