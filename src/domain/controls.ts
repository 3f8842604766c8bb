/** Keys and values of the durable controls. */

export interface Halt {
  readonly by: string;
  readonly at: number;
  readonly note: string;
}

export interface Freeze {
  readonly by: string;
  readonly until: number;
  readonly note: string;
}

export interface Silence {
  readonly by: string;
  readonly until: number;
  readonly note: string;
}

export interface Deploy {
  readonly by: string;
  readonly since: number;
}

/** After an automatic rollback: rest until `until` and until the incident closed as `rolled_back` or was acknowledged. */
export interface Cooldown {
  readonly incident: string;
  readonly until: number;
  readonly settled: boolean;
}

/** What a rollback of ours left, watched for an hour against tools that put the old state back. */
export interface RolledBack {
  readonly incident: string;
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

/** What the nightly check found wrong with the journal, and who has looked into it since. */
export interface BrokenJournal {
  readonly problem: string;
  readonly at: number;
  readonly liftedBy: string | null;
}

export const controlKeys = {
  halt: 'halt',
  brokenJournal: 'broken_journal',
  /** Instants of automatic rollbacks, newest last. */
  budget: 'budget',
  freeze: (target: string | null): string => `freeze:${target ?? '*'}`,
  silence: (rule: string, target: string | null): string => `silence:${rule}:${target ?? '*'}`,
  deploy: (target: string): string => `deploy:${target}`,
  /** Bug reports of a target, oldest first. */
  reports: (target: string): string => `reports:${target}`,
  grace: (target: string): string => `grace:${target}`,
  cooldown: (target: string): string => `cooldown:${target}`,
  rolledBack: (target: string): string => `rolled_back:${target}`,
} as const;
