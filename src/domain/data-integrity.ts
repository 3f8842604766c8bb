/** What became of the records of one thing over a step that replaced data. null: that was not counted. */
export interface DataIntegrity {
  /** What was counted, e.g. `mysql: orders`. */
  readonly name: string;
  /** Records just before the step. */
  readonly before: number | null;
  /** Records after it. */
  readonly after: number | null;
  /** Records that the copy was to bring back and that are not there. */
  readonly lost: number | null;
  /** Records that are there and are not what the copy holds. */
  readonly corrupted: number | null;
  /** Records that point to one that is not there. */
  readonly orphaned: number | null;
  /** How each was counted, for people. */
  readonly how: string;
}
