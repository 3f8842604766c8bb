import type { Effect } from '../domain/effect.ts';
import type { Json } from '../domain/json.ts';
import type { Message } from '../domain/ports/channel.ts';
import type { Commit, IncidentRow, LedgerRow, NewEntry, Snapshot } from '../domain/ports/store.ts';
import type { Watch } from '../domain/breach.ts';
import type { Book } from './book.ts';
import { rowOf, type Case } from './case.ts';
import { approvals, incidents, rollbacks, toSnapshot } from './machines.ts';
import type { Parts } from './parts.ts';
import { scrubbed } from './scrubbing.ts';

/** A journal entry before the turn gives it its time and incident. */
export interface Note {
  readonly type: string;
  readonly message: string;
  readonly facts?: NewEntry['facts'];
  readonly target?: string | null;
  /** Of an incident that is closed already; an open one is handed in as its case. */
  readonly incident?: string | null;
}

/**
 * What one event changes, gathered until it is stored in one commit.
 *
 * Nothing outside is touched during a turn: calls, reads and messages start after the commit.
 */
export class Turn {
  readonly at: number;
  readonly #parts: Parts;
  readonly #book: Book;
  readonly #entries: NewEntry[] = [];
  readonly #messages: Message[] = [];
  readonly #touched = new Set<Case>();
  readonly #effects = new Map<string, Effect>();
  readonly #controls = new Map<string, Json>();
  readonly #ledger: LedgerRow[] = [];
  #more: Commit[] = [];

  constructor(parts: Parts, book: Book) {
    this.at = parts.clock.now();
    this.#parts = parts;
    this.#book = book;
  }

  /**
   * Appends to the journal, and tells people when the entry is worth a message.
   *
   * @param past of an incident that is closed, and still tells people something
   */
  note(entry: Note, open: Case | null = null, past: IncidentRow | null = null): void {
    const row = open === null ? past : rowOf(open);
    const { type } = entry;
    const message = this.#parts.scrub(entry.message);
    const facts = scrubbed(entry.facts ?? {}, this.#parts.scrub);
    const target = entry.target ?? row?.target ?? null;
    const whole: NewEntry = {
      at: this.at,
      incident: row?.id ?? entry.incident ?? null,
      target,
      type,
      message,
      facts,
    };
    this.#entries.push(whole);
    if (row !== null && this.#book.silenced(row.rule, row.target, this.at)) return;
    for (const { name } of this.#parts.channels) {
      const told = this.#parts.compose(whole, row, name, this.#book.configuration);
      // Two of a kind in one millisecond are two messages; the same one is never written twice.
      if (told !== null) this.#messages.push({ ...told, key: `${told.key}/${this.#book.nextMessage()}` });
    }
  }

  touch(open: Case): void {
    this.#touched.add(open);
  }

  effect(open: Case, effect: Effect): void {
    open.effects.set(effect.opId, effect);
    this.#effects.set(effect.opId, effect);
    this.touch(open);
  }

  control(key: string, value: Json): void {
    this.#book.setControl(key, value);
    this.#controls.set(key, value);
  }

  ledger(row: LedgerRow): void {
    this.#ledger.push(row);
  }

  watches(watches: readonly Watch[]): void {
    this.include({ watches });
  }

  /** Takes in rows that another room asked for. Controls among them are remembered at once. */
  include(commit: Commit): void {
    for (const { key, value } of commit.controls ?? []) this.control(key, value);
    for (const entry of commit.entries ?? []) this.note(entry);
    this.#more.push({ ...commit, controls: [], entries: [] });
  }

  entries(): readonly NewEntry[] {
    return this.#entries;
  }

  effects(): readonly Effect[] {
    return [...this.#effects.values()];
  }

  ledgerRows(): readonly LedgerRow[] {
    return this.#ledger;
  }

  messages(): number {
    return this.#messages.length;
  }

  touched(): readonly Case[] {
    return [...this.#touched];
  }

  commit(): Commit {
    const touched = this.touched();
    return {
      entries: this.#entries,
      incidents: touched.map((open): IncidentRow => rowOf(open)),
      snapshots: touched.flatMap(snapshotsOf),
      effects: this.effects(),
      outbox: this.#messages,
      watches: this.#more.flatMap(({ watches = [] }) => watches),
      tickets: this.#more.flatMap(({ tickets = [] }) => tickets),
      releases: this.#more.flatMap(({ releases = [] }) => releases),
      forgotten: this.#more.flatMap(({ forgotten = [] }) => forgotten),
      serving: this.#more.flatMap(({ serving = [] }) => serving),
      readings: this.#more.flatMap(({ readings = [] }) => readings),
      controls: [...this.#controls].map(([key, value]) => ({ key, value })),
      ledger: this.#ledger,
    };
  }

  isEmpty(): boolean {
    return (
      this.#entries.length + this.#touched.size + this.#effects.size + this.#controls.size === 0 &&
      this.#more.every((commit) => Object.values(commit).every((rows) => rows.length === 0))
    );
  }
}

function snapshotsOf(open: Case): Snapshot[] {
  const { id } = open.incident.context;
  const snapshots = [toSnapshot(incidents, id, open.incident)];
  if (open.approval !== null) snapshots.push(toSnapshot(approvals, id, open.approval));
  if (open.rollback !== null) snapshots.push(toSnapshot(rollbacks, id, open.rollback));
  return snapshots;
}
