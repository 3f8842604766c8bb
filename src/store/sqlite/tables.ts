import type { DatabaseSync } from 'node:sqlite';
import type { Watch } from '../../domain/breach.ts';
import type { Effect } from '../../domain/effect.ts';
import type { IncidentRow, LedgerRow, Serving, Snapshot, Ticket } from '../../domain/ports/store.ts';
import type { Release } from '../../domain/release.ts';
import { flag, json, number, optionalNumber, optionalText, text } from './column.ts';
import { table, type Table } from './table.ts';

/** The tables whose rows are the domain's own. */
export interface Tables {
  readonly incidents: Table<IncidentRow>;
  readonly snapshots: Table<Snapshot>;
  readonly effects: Table<Effect>;
  readonly watches: Table<Watch>;
  readonly releases: Table<Release>;
  readonly serving: Table<Serving>;
  readonly ledger: Table<LedgerRow>;
  readonly tickets: Table<Ticket>;
}

/** Prepares every statement of them once. */
export function prepareTables(database: DatabaseSync): Tables {
  return {
    incidents: incidents(database),
    snapshots: snapshots(database),
    effects: effects(database),
    watches: watches(database),
    releases: releases(database),
    serving: serving(database),
    ledger: ledger(database),
    tickets: tickets(database),
  };
}

function incidents(database: DatabaseSync): Table<IncidentRow> {
  return table<IncidentRow>(database, {
    name: 'incidents',
    key: ['id'],
    columns: {
      id: text('id'),
      target: text('target'),
      severity: text('severity'),
      rule: text('rule'),
      state: text('state'),
      outcome: optionalText('outcome'),
      reason: text('reason'),
      openedAt: number('opened_at'),
      closedAt: optionalNumber('closed_at'),
      marks: json('marks'),
    },
  });
}

function snapshots(database: DatabaseSync): Table<Snapshot> {
  return table<Snapshot>(database, {
    name: 'snapshots',
    key: ['incident', 'machine'],
    columns: {
      incident: text('incident'),
      machine: text('machine'),
      version: number('version'),
      value: text('value'),
      context: json('context'),
    },
  });
}

function effects(database: DatabaseSync): Table<Effect> {
  return table<Effect>(database, {
    name: 'effects',
    key: ['op_id'],
    columns: {
      opId: text('op_id'),
      incident: text('incident'),
      step: number('step'),
      purpose: text('purpose'),
      generation: number('generation'),
      kind: text('kind'),
      effect: text('effect'),
      state: text('state'),
      epoch: number('epoch'),
      recoveries: number('recoveries'),
      intentAt: number('intent_at'),
      startedAt: optionalNumber('started_at'),
      endedAt: optionalNumber('ended_at'),
      detail: text('detail'),
      integrity: json('integrity'),
    },
    // An owner of the past changes nothing.
    replaces: 'effects.epoch <= excluded.epoch',
  });
}

function watches(database: DatabaseSync): Table<Watch> {
  return table<Watch>(database, {
    name: 'watches',
    key: ['rule', 'subject'],
    columns: {
      rule: text('rule'),
      subject: text('subject'),
      ruleDigest: text('rule_digest'),
      armed: flag('armed'),
      seen: flag('seen'),
      unknownSince: optionalNumber('unknown_since'),
      blind: flag('blind'),
      levels: json('levels'),
    },
  });
}

function releases(database: DatabaseSync): Table<Release> {
  return table<Release>(database, {
    name: 'releases',
    key: ['target', 'id'],
    columns: {
      id: text('id'),
      target: text('target'),
      components: json('components'),
      standing: text('standing'),
      because: text('because'),
      firstSeenAt: number('first_seen_at'),
      servedAt: number('served_at'),
      goodAt: optionalNumber('good_at'),
      bakedMs: number('baked_ms'),
      barrier: optionalText('barrier'),
      sealed: optionalText('sealed'),
    },
  });
}

function serving(database: DatabaseSync): Table<Serving> {
  return table<Serving>(database, {
    name: 'serving',
    key: ['target'],
    columns: {
      target: text('target'),
      release: optionalText('release'),
      since: number('since'),
      notBefore: number('not_before'),
      opId: optionalText('op_id'),
    },
  });
}

function ledger(database: DatabaseSync): Table<LedgerRow> {
  return table<LedgerRow>(database, {
    name: 'ledger',
    key: ['incident'],
    columns: {
      incident: text('incident'),
      target: text('target'),
      severity: text('severity'),
      rule: text('rule'),
      outcome: text('outcome'),
      closedAt: number('closed_at'),
      phases: json('phases'),
      data: json('data'),
    },
  });
}

function tickets(database: DatabaseSync): Table<Ticket> {
  return table<Ticket>(database, {
    name: 'tickets',
    key: ['id'],
    columns: {
      id: text('id'),
      incident: text('incident'),
      question: text('question'),
      planDigest: text('plan_digest'),
      at: number('at'),
    },
  });
}
