import type { DatabaseSync } from 'node:sqlite';
import { RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Commit, Forgotten, IncidentRow, Store } from '../../domain/ports/store.ts';
import { guarded, storeError } from './failure.ts';
import { prepareForgetting } from './forgetting.ts';
import { prepareInbox, type Inbox } from './inbox.ts';
import { prepareJournal, type Journal } from './journal.ts';
import { prepareOutbox, type Outbox } from './outbox.ts';
import { preparePosts, type Posts } from './posts.ts';
import { preparePruner, type Transaction } from './prune.ts';
import { prepareSelections } from './selections.ts';
import { prepareSmallRows, type SmallRows } from './small-rows.ts';
import { prepareTables, type Tables } from './tables.ts';
import { prepareVerifier } from './verify-journal.ts';

/** What a store is made of once its file is open, locked, migrated and set. */
export interface OpenFile {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly clock: Clock;
  readonly epoch: number;
  /** Closes the file and gives the lock back. */
  close(): void;
}

/**
 * The store port on one SQLite file. Every method runs to its end before the next one starts, since SQLite is called
 * synchronously; rejections are `STORE_CONFLICT` or `STORE_UNUSABLE`.
 */
export function sqliteStore(file: OpenFile): Store {
  const { database, clock, epoch } = file;
  const ask = async <Result>(tried: string, work: () => Result | Promise<Result>): Promise<Result> => {
    if (!database.isOpen) throw closed(tried, file.path);
    try {
      return await work();
    } catch (thrown) {
      throw storeError(tried, file.path, thrown);
    }
  };
  const transaction = transactions(file);
  const parts = prepareParts(database);
  const { outbox, journal, inbox, posts } = parts;
  const select = prepareSelections(parts.tables, parts.small);
  const pruner = preparePruner(database, transaction);
  const verifier = prepareVerifier(database);
  const inTurn = turns();
  return {
    epoch,
    load: () => ask('read what is open', () => select.load()),
    commit: (commit) => ask('commit', () => transaction(() => write(parts, commit))),
    incidents: (filter) => ask('read incidents', () => select.incidents(filter)),
    incident: (id) => ask('read an incident', () => select.incident(id)),
    snapshots: (incident) => ask('read snapshots', () => select.snapshots(incident)),
    effects: (incident) => ask('read effects', () => select.effects(incident)),
    entries: (filter) => ask('read the journal', () => journal.entries(filter)),
    head: () => ask('read the head of the journal', () => journal.head()),
    ledger: (filter) => ask('read the ledger', () => select.ledger(filter)),
    readings: ({ subject, from, to }) => ask('read readings', () => select.readings(subject, from, to)),
    pending: (channel) => ask('count the outbox', () => outbox.pending(channel)),
    due: (channel, now, limit) => ask('read the outbox', () => outbox.due(channel, now, limit)),
    sent: (seq) => ask('mark a message as sent', () => transaction(() => outbox.sent(seq, clock.now()))),
    retryAt: (seq, nextAt) => ask('put off a message', () => transaction(() => outbox.retryAt(seq, nextAt))),
    ticket: (id) => ask('find a question', () => select.ticket(id)),
    receive: (rows) =>
      ask('store what came in', () => transaction(() => rows.map((row) => inbox.receive(row)))),
    answered: (row, answer) => ask('store an answer', () => transaction(() => inbox.answered(row, answer))),
    unanswered: (source, limit) => ask('read the inbox', () => inbox.unanswered(source, limit)),
    post: (channel, incident) => ask('find a post', () => posts.post(channel, incident)),
    putPost: (channel, incident, place) =>
      ask('remember a post', () => transaction(() => posts.put(channel, incident, place))),
    prune: (before) =>
      ask('remove what is past retention', () => inTurn(() => pruner.prune(before, clock.now()))),
    verifyJournal: () => ask('verify the journal', () => inTurn(() => verifier.verify(journal.head()))),
    close: async () => file.close(),
  };
}

/** One after the other: pruning under a walk of the chain would look like a broken chain. */
function turns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => null);
    return next;
  };
}

/** Transactions that start only while this daemon's epoch is the store's: a later owner fences the earlier one. */
function transactions({ database, path, epoch }: OpenFile): Transaction {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const owner = database.prepare(`SELECT value FROM meta WHERE key = 'epoch'`);
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');
  return (work) => {
    begin.run();
    try {
      if (owner.get()?.['value'] !== epoch) throw fenced(path, epoch);
      const result = work();
      commit.run();
      return result;
    } catch (thrown) {
      // SQLite has already rolled back by itself where the disk was full.
      if (database.isTransaction) guarded('roll back', path, () => rollback.run());
      throw thrown;
    }
  };
}

function fenced(path: string, epoch: number): RollbackError {
  return new RollbackError(
    'STORE_CONFLICT',
    `Could not commit in the store ${path}: another rollbackd has opened it since. Stop one of the two.`,
    { path, epoch },
  );
}

interface Parts {
  readonly tables: Tables;
  readonly small: SmallRows;
  readonly outbox: Outbox;
  readonly journal: Journal;
  readonly inbox: Inbox;
  readonly posts: Posts;
  readonly forget: (row: Forgotten) => void;
}

function prepareParts(database: DatabaseSync): Parts {
  return {
    tables: prepareTables(database),
    small: prepareSmallRows(database),
    outbox: prepareOutbox(database),
    journal: prepareJournal(database),
    inbox: prepareInbox(database),
    posts: preparePosts(database),
    forget: prepareForgetting(database),
  };
}

function closed(tried: string, path: string): RollbackError {
  return new RollbackError('STORE_UNUSABLE', `Could not ${tried} in the store ${path}: it is closed.`, {
    path,
  });
}

function write({ tables, small, outbox, journal, forget }: Parts, commit: Commit): void {
  for (const row of closedFirst(commit.incidents ?? [])) tables.incidents.put(row);
  for (const row of commit.snapshots ?? []) tables.snapshots.put(row);
  for (const effect of commit.effects ?? []) if (!tables.effects.put(effect)) throw stale(effect.opId);
  for (const message of commit.outbox ?? []) outbox.put(message);
  for (const watch of commit.watches ?? []) tables.watches.put(watch);
  for (const release of commit.releases ?? []) tables.releases.put(release);
  for (const row of commit.forgotten ?? []) forget(row);
  for (const serving of commit.serving ?? []) tables.serving.put(serving);
  for (const control of commit.controls ?? []) small.setControl(control);
  for (const row of commit.ledger ?? []) tables.ledger.put(row);
  for (const row of commit.readings ?? []) small.putReading(row);
  for (const ticket of commit.tickets ?? []) tables.tickets.put(ticket);
  journal.append(commit.entries ?? []);
}

/** One commit may close an incident and open the next one of the same target, in any order. */
function closedFirst(rows: readonly IncidentRow[]): readonly IncidentRow[] {
  return rows.toSorted((a, b) => Number(a.closedAt === null) - Number(b.closedAt === null));
}

function stale(opId: string): RollbackError {
  return new RollbackError(
    'STORE_CONFLICT',
    `Could not store the effect ${opId}: a later daemon owns it. Read the store again before writing.`,
    { opId },
  );
}
