import type { Role } from './configuration.ts';

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

/** A token that was made at run time. The secret itself is shown once and kept nowhere. */
export interface MadeToken {
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the secret, in hex. */
  readonly hash: string;
  readonly by: string;
  readonly at: number;
  /** null: never. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** A one-time code, with which one person may answer one question. */
export interface OneTimeCode {
  /** Who may use it: the answer's author. */
  readonly name: string;
  readonly role: 'approver' | 'dba' | 'admin';
  /** Of the question. */
  readonly ticket: string;
  /** Keyed by what comes from the vault's key file, as `sign` has it: codes are too short for a plain hash. */
  readonly hash: string;
  readonly expiresAt: number;
  /** Wrong guesses so far; after five it is void. */
  readonly failures: number;
  readonly usedAt: number | null;
}

/** How far the communication plan of an incident was carried out. */
export interface Announced {
  readonly communication: string;
  readonly openedAt: number;
  readonly closedAt: number | null;
  /** Numbers of the announcements that were made or that no longer apply. */
  readonly done: readonly number[];
}

export const controlKeys = {
  halt: 'halt',
  brokenJournal: 'broken_journal',
  /** Instants of automatic rollbacks, newest last. */
  budget: 'budget',
  freeze: (target: string | null): string => `freeze:${target ?? '*'}`,
  silence: (rule: string, target: string | null): string => `silence:${rule}:${target ?? '*'}`,
  deploy: (target: string): string => `deploy:${target}`,
  migration: (target: string): string => `migration:${target}`,
  /** Bug reports of a target, oldest first. */
  reports: (target: string): string => `reports:${target}`,
  grace: (target: string): string => `grace:${target}`,
  cooldown: (target: string): string => `cooldown:${target}`,
  /** Set with the first token that was ever made, and never removed: the API does not open again. */
  tokensMade: 'tokens_made',
  token: (name: string): string => `token:${name}`,
  code: (id: string): string => `code:${id}`,
  announced: (incident: string): string => `announced:${incident}`,
  /** When people were last reminded of an open incident. */
  reminded: (incident: string): string => `reminded:${incident}`,
  rolledBack: (target: string): string => `rolled_back:${target}`,
} as const;
