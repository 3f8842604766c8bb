import type {
  IncidentRow,
  LedgerRow,
  Loaded,
  ReadingRow,
  Snapshot,
  Ticket,
} from '../../domain/ports/store.ts';
import type { Effect } from '../../domain/effect.ts';
import type { SmallRows } from './small-rows.ts';
import type { Tables } from './tables.ts';

/** Everything that is read from the domain's own tables. */
export interface Selections {
  load(): Loaded;
  /** Newest first. */
  incidents(filter: {
    readonly open?: boolean;
    readonly target?: string;
    readonly limit: number;
  }): IncidentRow[];
  incident(id: string): IncidentRow | null;
  snapshots(incident: string): Snapshot[];
  /** In the order in which they were begun. */
  effects(incident: string): Effect[];
  /** In the order in which the incidents ended. */
  ledger(filter: { readonly target?: string; readonly since?: number }): LedgerRow[];
  readings(subject: string, from: number, to: number): ReadingRow[];
  ticket(id: string): Ticket | null;
}

const ofOpenIncidents = 'WHERE incident IN (SELECT id FROM incidents WHERE closed_at IS NULL)';

/** Prepares their statements once. */
export function prepareSelections(tables: Tables, small: SmallRows): Selections {
  const oneIncident = tables.incidents.select('WHERE id = ?');
  const someIncidents = tables.incidents.select(
    `WHERE (? IS NULL OR (closed_at IS NULL) = ?) AND (? IS NULL OR target = ?)
     ORDER BY opened_at DESC, id DESC LIMIT ?`,
  );
  const snapshots = tables.snapshots.select('WHERE incident = ? ORDER BY machine');
  const effects = tables.effects.select('WHERE incident = ? ORDER BY intent_at, rowid');
  const ticket = tables.tickets.select('WHERE id = ?');
  const ledger = tables.ledger.select(
    'WHERE (? IS NULL OR target = ?) AND closed_at >= ? ORDER BY closed_at, incident',
  );
  return {
    load: loader(tables, small),
    incident: (id) => oneIncident(id)[0] ?? null,
    incidents: ({ open, target, limit }) => {
      const wanted = open === undefined ? null : Number(open);
      return someIncidents(wanted, wanted, target ?? null, target ?? null, limit);
    },
    snapshots: (incident) => snapshots(incident),
    effects: (incident) => effects(incident),
    ledger: ({ target, since }) => ledger(target ?? null, target ?? null, since ?? 0),
    readings: (subject, from, to) => small.readings(subject, from, to),
    ticket: (id) => ticket(id)[0] ?? null,
  };
}

function loader(tables: Tables, small: SmallRows): () => Loaded {
  const incidents = tables.incidents.select('WHERE closed_at IS NULL ORDER BY opened_at, id');
  const snapshots = tables.snapshots.select(`${ofOpenIncidents} ORDER BY incident, machine`);
  const effects = tables.effects.select(`${ofOpenIncidents} ORDER BY intent_at, rowid`);
  const watches = tables.watches.select('ORDER BY rule, subject');
  const releases = tables.releases.select('ORDER BY target, first_seen_at, id');
  const serving = tables.serving.select('ORDER BY target');
  return () => ({
    incidents: incidents(),
    snapshots: snapshots(),
    effects: effects(),
    watches: watches(),
    releases: releases(),
    serving: serving(),
    controls: small.controls(),
  });
}
