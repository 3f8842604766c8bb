import { RollbackError } from '../../domain/errors.ts';
import type { MigrationView } from '../../domain/migration.ts';
import type { Daemon } from '../../domain/ports/daemon.ts';
import type { Core } from '../core.ts';
import { assessMigration } from '../migration-checks.ts';

/**
 * The migration that is open on a target, and what one that began now would find.
 *
 * @throws RollbackError `NOT_FOUND` without such a target
 */
export async function migrationView(
  core: Core,
  { target: name, recipe, again }: Parameters<Daemon['migration']>[0],
): Promise<MigrationView> {
  const target = core.book.target(name);
  if (target === null)
    throw new RollbackError('NOT_FOUND', `there is no target ${name}; \`rollbackd status\` lists them`);
  const now = core.parts.clock.now();
  const { checks, refusals, confirm, needsSet } = await assessMigration(core, target, { recipe, again });
  const open = core.parts.releases.migrating(name, now);
  return { target: name, now, open, checks, refusals, confirm, needsSet };
}
