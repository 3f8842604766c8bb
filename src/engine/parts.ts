import type { Configuration } from '../domain/configuration.ts';
import type { DataIntegrity } from '../domain/data-integrity.ts';
import type { BackupSetView } from '../domain/ports/backups.ts';
import type { Channel, Message } from '../domain/ports/channel.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Decider } from '../domain/ports/decider.ts';
import type { Detection, Evaluation } from '../domain/ports/detection.ts';
import type { Drivers } from '../domain/ports/driver.ts';
import type { Ids } from '../domain/ports/ids.ts';
import type { Keeper, Observer } from '../domain/ports/observer.ts';
import type { Orphans } from '../domain/ports/orphans.ts';
import type { Planner } from '../domain/ports/planner.ts';
import type { Releases } from '../domain/ports/releases.ts';
import type { IncidentRow, LedgerRow, NewEntry, Store } from '../domain/ports/store.ts';
import type { Confirmer, Verifier } from '../domain/ports/verifier.ts';
import type { IncidentContext } from '../../state-machines/incident.context.ts';

/** Everything the engine works with. Each part is built in `app`, from one room. */
export interface Parts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Store;
  readonly detection: Detection;
  readonly releases: Releases;
  readonly observers: readonly Observer[];
  readonly keeper: Keeper | null;
  readonly drivers: Drivers;
  readonly orphans: Orphans;
  readonly planner: Planner;
  readonly verifier: Verifier;
  readonly confirmer: Confirmer;
  readonly decider: Decider;
  readonly channels: readonly Pick<Channel, 'name'>[];
  /** The halt file works with everything else down, so it is read each time. Returns why, or null. */
  readonly haltFile: () => string | null;
  /** Composes what people are told of a journal entry; null when it is not worth a message. */
  readonly compose: (
    entry: NewEntry,
    incident: IncidentRow | null,
    channel: string,
    configuration: Configuration,
  ) => Message | null;
  /** Takes secrets out of a text: what commands and services say goes into the journal, to people and to the API. */
  readonly scrub: (text: string) => string;
  readonly ledger: (incident: ClosedIncident) => LedgerRow;
  readonly watcher: Watcher;
  /** A backup set with what reading it said; null where there is none. Lacking without backups. */
  readonly backupSet?: (id: string) => Promise<BackupSetView | null>;
}

/** What the ledger needs of an incident that ended. */
export interface ClosedIncident {
  readonly context: IncidentContext;
  readonly configuration: Configuration;
  readonly closedAt: number;
  /** What became of the records that its steps replaced. */
  readonly integrity: readonly DataIntegrity[];
}

/** Hears of everything that was committed: the log, the metrics, the outbox. Must not throw. */
export interface Watcher {
  committed(entries: readonly NewEntry[], outbox: number): void;
  /** One evaluation went through. */
  evaluated(evaluation: Evaluation): void;
  effectEnded(kind: string, outcome: string): void;
  closed(row: LedgerRow): void;
}
