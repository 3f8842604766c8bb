import type { Bucket } from '../../clients/s3/bucket.ts';
import type { ObjectVersion } from '../../clients/s3/versions.ts';
import type { DataStore, ObjectStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { Backups } from '../../domain/ports/backups.ts';
import type { ObjectOptions } from './options.ts';

/** How the driver reaches objects. */
export interface ObjectMeans {
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly open: (store: ObjectStore) => Promise<Bucket>;
  /** Knows when incidents began. */
  readonly backups: Backups | null;
}

/** The store, or why there is none. */
export function storeOf({ store }: ObjectOptions, { stores }: ObjectMeans): ObjectStore | string {
  const found = stores[store];
  if (found?.kind === 's3') return found;
  if (found !== undefined) return `the data store ${store} is a ${found.kind}, not an s3`;
  const known = Object.keys(stores).join(', ');
  return `there is no data store ${store}; data_stores has ${known === '' ? 'none' : known}`;
}

/** The instant that is meant, epoch ms, or why it is not known. */
export function instantOf(
  { at }: ObjectOptions,
  { incident, from }: Pick<Step, 'incident' | 'from'>,
  { backups }: Pick<ObjectMeans, 'backups'>,
): number | string {
  switch (at) {
    case 'before_incident':
      return (
        backups?.began(incident) ??
        `it is not known when ${incident} began; state a time, or configure backups`
      );
    case 'before_release':
      return from === null ? 'it is not known which release runs; state a time' : from.firstSeenAt;
    default:
      return Date.parse(at);
  }
}

/** Entries of one object beyond which its history is refused, on average. */
const mostEntriesEach = 20;

/** Every entry under a prefix. @throws RollbackError `REFUSED` where there are far more than `max` objects may have */
export async function entriesUnder(
  bucket: Bucket,
  { prefix, max, store }: ObjectOptions,
  signal: AbortSignal,
): Promise<readonly ObjectVersion[]> {
  const found: ObjectVersion[] = [];
  for await (const page of bucket.versions(prefix, signal)) {
    found.push(...page);
    if (found.length > max * mostEntriesEach)
      throw new RollbackError(
        'REFUSED',
        `there are more than ${max * mostEntriesEach} versions under ${prefix} in ${store}; name a longer prefix, or raise max`,
      );
  }
  return found;
}
