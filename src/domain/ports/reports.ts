/** One person's word that a target has a bug, as confirmed by whoever entered it. */
export interface BugReport {
  /** Key of the issue, e.g. `LAYRA-12`. */
  readonly issue: string;
  /** Who found it. */
  readonly by: string;
  /** When it was entered last. */
  readonly at: number;
}

/** The bugs that people have reported. */
export interface BugReports {
  /** Of one target, at most a day old; one for each issue and person. Empty when nobody ever reported any. */
  of(target: string): readonly BugReport[];
}

/** For readings without a daemon, e.g. while a configuration is checked. */
export const noReports: BugReports = { of: () => [] };
