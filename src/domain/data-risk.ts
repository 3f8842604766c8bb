import type { BackedUp } from './backup.ts';
import type { DataStore, DataStoreKind } from './data-store.ts';

/** How much of what a store holds a rollback or migration may cost, though a backup is there. Least first. */
export const lossRisks = ['none', 'low', 'medium', 'high'] as const;
export type LossRisk = (typeof lossRisks)[number];

/** Whether data may be replaced: with a backup · also at a person's word · also with the volumes. Most willing first. */
export const migrationWords = ['yes', 'caution', 'no'] as const;
export type MigrationWord = (typeof migrationWords)[number];

/** A row of a pack's table of what data is worth: of one kind of store. */
export interface DataRisk {
  readonly risk: LossRisk;
  readonly migration: MigrationWord;
  /** Why, for people. */
  readonly note: string;
}

/** The rows by kind; a kind without one is replaced behind a backup of it, like everything else. */
export type DataRisks = Readonly<Partial<Record<DataStoreKind, DataRisk>>>;

/** What data is worth, and the stores that it is about. */
export interface DataWorth {
  readonly risks: DataRisks;
  readonly stores: Readonly<Record<string, DataStore>>;
}

/** What has to be there before a thing is replaced. */
export interface Demand {
  /** Each of them, in one set; empty: nothing. */
  readonly held: readonly BackedUp[];
  /** Whether a person has to approve it, whatever the step is. */
  readonly asks: boolean;
  /** Why the thing cannot be replaced at all; null: it can. */
  readonly problem: string | null;
  /** What the table says of it; null: nothing. */
  readonly row: DataRisk | null;
}

/**
 * What the table asks for before this thing is replaced: a set that holds it, unless its risk is `none`; with
 * `caution` a person, too; with `no` a person, the set whatever the risk, and the volumes of its store in it. A volume counts as its store does.
 */
export function demandOf(thing: BackedUp, { risks, stores }: DataWorth): Demand {
  const store = storeOf(thing, stores);
  const row = (store === null ? null : risks[store.kind]) ?? null;
  if (store === null || row === null) return { held: [thing], asks: false, problem: null, row: null };
  if (row.risk === 'none' && row.migration !== 'no')
    return { held: [], asks: row.migration === 'caution', problem: null, row };
  if (row.migration !== 'no') return { held: [thing], asks: row.migration === 'caution', problem: null, row };
  const volumes = volumesOf(store).map((name) => ({ kind: 'volume', name }) as const);
  const problem =
    volumes.length > 0
      ? null
      : `no volumes of ${store.name} are known, and ${store.kind} is replaced only behind copies of them; name them in data_stores.${store.name}.${store.kind}.volumes`;
  return { held: [thing, ...volumes.filter(({ name }) => name !== thing.name)], asks: true, problem, row };
}

/**
 * Two rows of one kind, as two packs may have them, as one: the greater risk, and the less willing word. Neither pack
 * takes back what the other asks for.
 */
export function moreCareful(one: DataRisk, other: DataRisk): DataRisk {
  const risk = later(lossRisks, one.risk, other.risk);
  const migration = later(migrationWords, one.migration, other.migration);
  const rows = one.note === other.note ? [one] : [one, other];
  const saying = rows.filter((row) => row.risk === risk || row.migration === migration);
  const whole = saying.find((row) => row.risk === risk && row.migration === migration);
  return { risk, migration, note: whole?.note ?? saying.map(({ note }) => note).join('; ') };
}

function later<T>(order: readonly T[], one: T, other: T): T {
  return order.indexOf(other) > order.indexOf(one) ? other : one;
}

function storeOf({ kind, name }: BackedUp, stores: DataWorth['stores']): DataStore | null {
  if (kind === 'store') return Object.hasOwn(stores, name) ? (stores[name] ?? null) : null;
  if (kind !== 'volume') return null;
  return Object.values(stores).find((store) => volumesOf(store).includes(name)) ?? null;
}

function volumesOf(store: DataStore): readonly string[] {
  return 'volumes' in store ? store.volumes : [];
}
