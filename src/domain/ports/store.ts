import type { Watch } from '../breach.ts';
import type { DataTally } from '../data-integrity.ts';
import type { Effect } from '../effect.ts';
import type { Marks, Outcome } from '../incident.ts';
import type { Json } from '../json.ts';
import type { Reading } from '../reading.ts';
import type { Release } from '../release.ts';
import type { Severity } from '../rule.ts';
import type { Message } from './channel.ts';

/** A fact to be appended to the journal. The store gives it its number and its place in the hash chain. */
export interface NewEntry {
  readonly at: number;
  readonly incident: string | null;
  readonly target: string | null;
  /** `incident.opened`, `effect.started`, `clock_jump`, … */
  readonly type: string;
  /** One sentence for people. Never a secret. */
  readonly message: string;
  readonly facts: Readonly<Record<string, Json>>;
}

export interface Entry extends NewEntry {
  readonly seq: number;
  readonly previousHash: string;
  readonly hash: string;
}

export type MachineName = 'incident' | 'approval' | 'rollback';

/** A machine of one incident, at rest. */
export interface Snapshot {
  readonly incident: string;
  readonly machine: MachineName;
  /** Version of the machine's code; another one is not guessed at. */
  readonly version: number;
  readonly value: string;
  readonly context: Json;
}

/** One row an incident, for listings. The machines' snapshots are the truth; this follows them. */
export interface IncidentRow {
  readonly id: string;
  readonly target: string;
  readonly severity: Severity;
  /** Rule that leads. */
  readonly rule: string;
  readonly state: string;
  readonly outcome: Outcome | null;
  /** The latest transition's reason. */
  readonly reason: string;
  readonly openedAt: number;
  readonly closedAt: number | null;
  readonly marks: Marks;
}

export interface OutboxRow extends Message {
  readonly seq: number;
  readonly attempts: number;
  readonly nextAt: number;
}

/** A durable setting or fact under a key: halt, freezes, silences, arms, deploys, cooldowns, budget, acks. */
export interface Control {
  readonly key: string;
  /** null removes it. */
  readonly value: Json;
}

/** One line of the RTO ledger; durations in ms, null where a phase did not happen. */
export interface LedgerRow {
  readonly incident: string;
  readonly target: string;
  readonly severity: Severity;
  readonly rule: string;
  readonly outcome: Outcome;
  readonly closedAt: number;
  readonly phases: Readonly<Record<RtoPhase, PhaseTime>>;
  /** What became of the records that its steps replaced; null where they replaced none. */
  readonly data: DataTally | null;
}

export const rtoPhases = [
  'detection',
  'decision',
  'people',
  'rollback',
  'verification',
  'total',
  'total_without_people',
] as const;
export type RtoPhase = (typeof rtoPhases)[number];

export interface PhaseTime {
  readonly actualMs: number | null;
  readonly objectiveMs: number | null;
}

export interface ReadingRow {
  readonly rule: string;
  readonly subject: string;
  readonly reading: Reading;
}

/** The release that a target runs now. */
export interface Serving {
  readonly target: string;
  readonly release: string | null;
  /** When it was first seen here. */
  readonly since: number;
  /** The last look at which it was not here yet: it arrived after this, `since` at the latest. */
  readonly notBefore: number;
  /** Effect of ours that made it run, if any: a rollback of a rollback is told by this. */
  readonly opId: string | null;
}

/** A row that goes: a release of a target, or what a rule remembers of a subject. */
export type Forgotten =
  { readonly release: string; readonly target: string } | { readonly rule: string; readonly subject: string };

/**
 * Finds the question behind a button or a link. Its id is 128 random bits and the only thing that travels; all else is
 * looked up by it.
 */
export interface Ticket {
  readonly id: string;
  readonly incident: string;
  /** Id of the question. */
  readonly question: string;
  readonly planDigest: string;
  readonly at: number;
}

/** Something that people or machines sent, stored before it is acknowledged, so that it is taken once. */
export interface InboxRow {
  /** Unique in its source: the id of an envelope, the hash of a signature, an idempotency key with its owner. */
  readonly key: string;
  /** `slack`, `api`, … */
  readonly source: string;
  readonly at: number;
  readonly payload: Json;
  /** What came of it; null while that is not known. */
  readonly answer: Json;
}

/** Everything that one event changes. Stored whole or not at all. */
export interface Commit {
  readonly entries?: readonly NewEntry[];
  readonly incidents?: readonly IncidentRow[];
  readonly snapshots?: readonly Snapshot[];
  readonly effects?: readonly Effect[];
  readonly outbox?: readonly Message[];
  readonly watches?: readonly Watch[];
  readonly releases?: readonly Release[];
  /** Rows of releases and watches that nothing will ask for any more. */
  readonly forgotten?: readonly Forgotten[];
  readonly serving?: readonly Serving[];
  readonly controls?: readonly Control[];
  readonly ledger?: readonly LedgerRow[];
  readonly readings?: readonly ReadingRow[];
  readonly tickets?: readonly Ticket[];
}

/** What a start needs. */
export interface Loaded {
  /** Incidents that are not closed. */
  readonly incidents: readonly IncidentRow[];
  /** Their snapshots, and effects. */
  readonly snapshots: readonly Snapshot[];
  readonly effects: readonly Effect[];
  readonly watches: readonly Watch[];
  readonly releases: readonly Release[];
  readonly serving: readonly Serving[];
  readonly controls: readonly Control[];
}

/**
 * What survives. Whole commits only; there are no interactive transactions.
 *
 * A commit that resolved is durable (WAL with `synchronous=FULL`). One daemon a store: opening it a second time
 * rejects with `STORE_LOCKED`, a store of a newer version with `STORE_NEWER`.
 */
export interface Store {
  /** Grows by one at each opening; effects carry it. */
  readonly epoch: number;
  load(): Promise<Loaded>;
  commit(commit: Commit): Promise<void>;

  incidents(filter: {
    readonly open?: boolean;
    readonly target?: string;
    readonly limit: number;
  }): Promise<readonly IncidentRow[]>;
  incident(id: string): Promise<IncidentRow | null>;
  snapshots(incident: string): Promise<readonly Snapshot[]>;
  effects(incident: string): Promise<readonly Effect[]>;
  /** Entries in order, of one incident or of all. */
  entries(filter: {
    readonly incident?: string;
    readonly after?: number;
    readonly limit: number;
  }): Promise<readonly Entry[]>;
  /** Hash and number of the last entry. */
  head(): Promise<{ readonly seq: number; readonly hash: string }>;
  ledger(filter: { readonly target?: string; readonly since?: number }): Promise<readonly LedgerRow[]>;
  readings(filter: {
    readonly subject: string;
    readonly from: number;
    readonly to: number;
  }): Promise<readonly ReadingRow[]>;

  /**
   * Messages of a channel that are due. Incidents with something urgent come first, then the one with the oldest; each
   * incident's are oldest first, and none comes before an earlier one of its incident that is not due yet. What belongs
   * to no incident counts as one incident.
   */
  due(channel: string, now: number, limit: number): Promise<readonly OutboxRow[]>;
  /** How many messages of a channel wait to be sent. */
  pending(channel: string): Promise<number>;
  sent(seq: number): Promise<void>;
  retryAt(seq: number, nextAt: number): Promise<void>;

  /** The question behind a button; null when no such button was ever made, or it is past retention. */
  ticket(id: string): Promise<Ticket | null>;

  /**
   * Stores what came in, all of it in one commit. @returns for each row the one that was there before under its key,
   * or null where it is new
   */
  receive(rows: readonly Omit<InboxRow, 'answer'>[]): Promise<readonly (InboxRow | null)[]>;
  answered(row: Pick<InboxRow, 'source' | 'key'>, answer: Json): Promise<void>;
  /** What came in and was not answered, oldest first. */
  unanswered(source: string, limit: number): Promise<readonly InboxRow[]>;

  /** Where a channel keeps the message of an incident, so that it can edit it; null before there is one. */
  post(channel: string, incident: string): Promise<Json>;
  putPost(channel: string, incident: string, place: Json): Promise<void>;

  /** Removes what is past retention; sealed journal segments go whole and leave their last hash. */
  prune(before: {
    readonly incidents: number;
    readonly readings: number;
    /** Answered rows of the inbox; those never answered go with the readings. */
    readonly inbox: number;
  }): Promise<{ readonly incidents: number; readonly readings: number; readonly entries: number }>;
  /** Walks the hash chain; resolves to what is broken, or null. */
  verifyJournal(): Promise<string | null>;
  close(): Promise<void>;
}
