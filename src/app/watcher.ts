import type { Log } from '../domain/ports/log.ts';
import type { NewEntry } from '../domain/ports/store.ts';
import type { Watcher } from '../engine/parts.ts';
import { logEntry } from '../record/log.ts';
import type { Listeners } from './listeners.ts';
import type { Metrics } from '../record/metrics.ts';

export interface WatcherParts {
  readonly metrics: Metrics;
  readonly log: Log;
  /** There is something new in the outbox. */
  readonly wake: () => void;
  readonly onEntry: (entry: NewEntry) => void;
  readonly journaled: Listeners;
}

/** Passes on what was committed: each journal entry is one log line, each end of something a metric. */
export function watcherOf({ metrics, log, wake, onEntry, journaled }: WatcherParts): Watcher {
  return {
    committed: (entries, outbox) => {
      for (const entry of entries) {
        logEntry(log, withoutEvidence(entry));
        onEntry(entry);
      }
      if (entries.length > 0) journaled.call();
      if (outbox > 0) wake();
    },
    evaluated: ({ rule, verdicts }) => {
      for (const [subject, verdict] of verdicts)
        if (verdict !== 'never_seen') metrics.verdict(rule.id, subject, verdict);
    },
    effectEnded: (kind, outcome) => metrics.effect(kind, outcome),
    closed: (row) => metrics.closed(row),
  };
}

/** Captured logs belong into the journal; in the log of the daemon they would drown everything else. */
function withoutEvidence(entry: NewEntry): NewEntry {
  const { evidence, ...facts } = entry.facts;
  return evidence === undefined
    ? entry
    : { ...entry, facts: { ...facts, evidence: Object.keys(evidence ?? {}).join(', ') } };
}
