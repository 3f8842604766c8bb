/** One thing that was done to a target, as the target itself remembers it. */
export interface Act {
  /** The step, by its name in the plan. */
  readonly step: string;
  readonly act: string;
  /** The effect on whose behalf, as the target was told it; null: a target that is told nothing, e.g. a file. */
  readonly opId: string | null;
}
