import { randomInt } from 'node:crypto';
import { crontab } from '../clients/crontab.ts';
import type { OwnBackups } from '../backup/backups.ts';
import type { OwnDesk } from '../backup/desk.ts';
import type { SetPlace } from '../backup/set-place.ts';
import type { BackupPolicy } from '../domain/backup.ts';
import type { Configuration } from '../domain/configuration.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import { dryRunIncident } from '../domain/plan.ts';
import type { BackupSetView } from '../domain/ports/backups.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Engine } from '../engine/engine.ts';
import type { Connections } from './connections.ts';

/** The backups of a daemon, with what it does with them by itself. */
export interface Backing {
  readonly backups: OwnBackups;
  readonly desk: OwnDesk;
  /** Clears up behind a daemon that died, then makes and prunes sets by schedule until the signal aborts. */
  keep(signal: AbortSignal): Promise<void>;
  /** The newest set of each recipe that was read back. */
  newest(): Promise<readonly BackupSetView[]>;
}

export interface BackingParts {
  readonly connections: Connections;
  readonly clock: Clock;
  readonly version: string;
  readonly log: Log;
  /** The engine, which is made later; null before. */
  readonly engine: () => Engine | null;
}

/** Opens the backups; null where none are configured. @throws RollbackError `SECRET_MISSING` without the key */
export async function backingOf(configuration: Configuration, parts: BackingParts): Promise<Backing | null> {
  const { backups: policy, stateDir } = configuration;
  if (policy === null) return null;
  const [room, counter, keys, notes, archivists] = await Promise.all([
    import('../backup/backups.ts'),
    import('../backup/desk.ts'),
    import('../backup/key.ts'),
    import('../backup/restores.ts'),
    import('./archivists.ts'),
  ]);
  const { connections, clock, version, engine } = parts;
  const restorations = notes.restorations(stateDir);
  const backups = room.backups({
    policy,
    place: await placeOf(policy, connections),
    archivists: archivists.archivistsFor(connections, configuration),
    key: policy.keyFile === null ? null : await keys.readKey(policy.keyFile),
    clock,
    chance,
    version,
    isOpen: (incident) => isOpen(engine(), incident),
    began: (incident) => began(incident, parts),
    restorations,
  });
  const note = (type: string, message: string): void => journal(parts, type, message);
  const desk = counter.backupDesk({ policy, backups, restorations, clock, chance, note });
  return {
    backups,
    desk,
    keep: (signal) => keep(desk, policy, parts, signal),
    newest: async () => newestOf(await backups.book.views()),
  };
}

/** A plan that is only looked at is one of an incident that begins now. */
function began(incident: string, { clock, engine }: BackingParts): number | null {
  if (incident === dryRunIncident) return clock.now();
  return engine()?.core.book.find(incident)?.incident.context.openedAt ?? null;
}

async function placeOf(
  { directory, bucket }: BackupPolicy,
  { dataStores }: Pick<Connections, 'dataStores'>,
): Promise<SetPlace> {
  if (directory !== null) return (await import('../backup/local-place.ts')).localPlace(directory);
  const store = bucket === undefined ? undefined : dataStores[bucket.store];
  if (bucket === undefined || store?.kind !== 's3')
    throw new RollbackError('CONFIG_INVALID', 'backups have neither a directory nor a bucket');
  const [{ bucketPlace }, { openBucket }] = await Promise.all([
    import('../backup/bucket-place.ts'),
    import('../clients/s3/bucket.ts'),
  ]);
  return bucketPlace(openBucket(store), bucket.prefix);
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

function chance(): string {
  return Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** Before the engine knows its book every incident may be open. */
function isOpen(engine: Engine | null, incident: string): boolean {
  if (engine === null || !engine.core.book.loaded) return true;
  return engine.core.book.open().some((open) => open.incident.context.id === incident);
}

function journal({ engine, log }: BackingParts, type: string, message: string): void {
  const { core } = engine() ?? {};
  if (core === undefined) return log.warn({}, message);
  core.turn((turn) => turn.note({ type, message })).catch((error: unknown) => core.fail(error));
}

async function keep(
  desk: OwnDesk,
  { schedule }: BackupPolicy,
  parts: BackingParts,
  signal: AbortSignal,
): Promise<void> {
  const failed = (what: string) => (error: unknown) =>
    journal(parts, 'backup.failed', `${what}: ${messageOf(error)}`);
  await desk.settle().catch(failed('what an earlier run left could not be cleared up'));
  if (signal.aborted) return;
  const make = async (recipe: string): Promise<void> => {
    const job = await desk.create({ recipe, smallerOk: false }, 'schedule');
    await desk.ended(job.id);
    await desk.prune('schedule');
  };
  const cancels = schedule.map(({ cron, recipe }) =>
    crontab().schedule(cron, () => void make(recipe).catch(failed(`the scheduled backup of ${recipe}`))),
  );
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  for (const cancel of cancels) cancel();
}

function newestOf(views: readonly BackupSetView[]): readonly BackupSetView[] {
  const verified = views.filter(({ verdict }) => verdict?.problems.length === 0);
  return [...new Map(verified.toReversed().map((view) => [view.set.recipe, view] as const)).values()];
}
