import { controlKeys, type RolledBack } from '../domain/controls.ts';
import type { Migration } from '../domain/migration.ts';
import type { IncidentRow } from '../domain/ports/store.ts';
import { formatDuration } from '../domain/time.ts';
import type { Book } from './book.ts';
import type { Core } from './core.ts';
import type { Parts } from './parts.ts';
import type { Turn } from './turn.ts';

/** More incidents of one target within one window are not told of. */
const mostTold = 20;

/** The migrations whose windows are open, or should be closed, by their targets. */
export function openMigrations(book: Book): ReadonlyMap<string, Migration> {
  const prefix = controlKeys.migration('');
  return new Map(
    [...book.controlsOf<Migration>('migration:')].map(([key, open]) => [key.slice(prefix.length), open]),
  );
}

/** Opens a window, or closes it with null: in memory at once, durable with the turn. */
export function setMigration(
  { releases }: Pick<Parts, 'releases'>,
  turn: Turn,
  target: string,
  migration: Migration | null,
): void {
  turn.control(controlKeys.migration(target), migration === null ? null : { ...migration });
  releases.setMigration(target, migration);
}

/** Closes the windows whose time is over, and those of targets that were rolled back: such a migration failed. */
export async function closeMigrations(core: Core): Promise<void> {
  const { book, parts } = core;
  const now = parts.clock.now();
  for (const [target, open] of openMigrations(book)) {
    const back = rolledBackSince(book, target, open);
    if (back === null && now < open.until) continue;
    const rows = await incidentsSince(core, target, open);
    await core.turn((turn) => {
      // It was ended, and perhaps begun anew, in the meantime.
      if (openMigrations(book).get(target)?.since !== open.since) return;
      setMigration(parts, turn, target, null);
      const lasted = formatDuration(turn.at - open.since);
      const why =
        back === null
          ? `its time was over after ${lasted}, and nobody ended it`
          : `${back.incident} rolled it back after ${lasted}`;
      turn.note({
        type: back === null ? 'migration.expired' : 'migration.failed',
        target,
        message: `the migration of ${target} is closed: ${why}; ${whatBreached(rows)}`,
        facts: { since: open.since, set: open.set, incidents: rows.map(({ id }) => id) },
      });
    });
  }
}

function rolledBackSince(book: Book, target: string, { since }: Migration): RolledBack | null {
  const back = book.control<RolledBack>(controlKeys.rolledBack(target));
  return back !== null && back.at >= since ? back : null;
}

/** Incidents of the target since the window opened, oldest first. */
export async function incidentsSince(
  { parts }: Core,
  target: string,
  { since }: Migration,
): Promise<readonly IncidentRow[]> {
  const rows = await parts.store.incidents({ target, limit: mostTold });
  return rows.filter(({ openedAt }) => openedAt >= since).toReversed();
}

/** `nothing breached`, or what did and what became of it. */
export function whatBreached(rows: readonly IncidentRow[]): string {
  if (rows.length === 0) return 'nothing breached';
  const told = rows.map(({ id, severity, rule, outcome, state }) => {
    const became = (outcome ?? state).replaceAll('_', ' ');
    return `${severity.toUpperCase()} ${rule} (${id}, ${became})`;
  });
  return `this breached: ${told.join(', ')}`;
}
