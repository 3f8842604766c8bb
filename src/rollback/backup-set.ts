import type { BackupRecipe, BackupSet } from '../domain/backup.ts';
import type { EffectOutcome } from '../domain/effect.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import type { Step } from '../domain/plan.ts';
import type { BackupOccasion, Backups } from '../domain/ports/backups.ts';
import { formatQuantity } from '../domain/quantity.ts';
import { formatDuration } from '../domain/time.ts';
import type { DataGuard } from './guarded-data.ts';

/** What steps that make backups need. */
export interface BackupStepParts extends DataGuard {
  /** null where no backups are configured. */
  readonly backups: Backups | null;
}

/** One attempt at a step. */
export interface Doing {
  readonly step: Step;
  readonly opId: string;
  readonly signal: AbortSignal;
}

/** The set that is to be made. */
export interface SetWanted extends Pick<BackupOccasion, 'before'> {
  readonly recipe: string | BackupRecipe;
  readonly smallerOk: boolean;
}

/**
 * Makes a set that carries the effect's own name, and reads it back; a repeat finds the one that was made. In development
 * none is made.
 */
export async function makeSet(
  { backups, isDevelopment }: BackupStepParts,
  { recipe, smallerOk, before }: SetWanted,
  { step: { incident, target, from }, opId, signal }: Doing,
): Promise<EffectOutcome> {
  const shown = typeof recipe === 'string' ? recipe : recipe.name;
  if (isDevelopment())
    return { ended: 'done', detail: `no backup of ${shown} was made: this environment skips backups` };
  if (backups === null) return { ended: 'failed', detail: 'no backups are configured', retryable: false };
  const occasion = {
    target: target.name,
    incident,
    release: from?.id ?? null,
    key: opId,
    smallerOk,
    ...(before === undefined ? {} : { before }),
  };
  try {
    const set = await backups.create(recipe, occasion, () => {}, signal);
    return { ended: 'done', detail: detailOf(set), evidence: evidenceOf(set) };
  } catch (error) {
    if (signal.aborted) throw error;
    // A failed attempt leaves nothing behind, so it can always be made again.
    const retryable = error instanceof RollbackError && error.recourse !== 'give-up';
    return { ended: 'failed', detail: messageOf(error), retryable };
  }
}

function detailOf({ id, parts, tookMs }: BackupSet): string {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const names = parts.map(({ name }) => name).join(', ');
  return `backup set ${id}: ${names}; ${formatQuantity(bytes, 'bytes')} in ${formatDuration(tookMs)}; it reads back`;
}

function evidenceOf(set: BackupSet): Readonly<Record<string, string>> {
  const parts = set.parts.map(({ kind, name, plainBytes, plainSha256, facts: { counts } }) => {
    const counted = Object.entries(counts).map(([what, count]) => `  ${what}: ${count}`);
    return [`${kind} ${name}: ${plainBytes} bytes, sha256 ${plainSha256}`, ...counted].join('\n');
  });
  return { [`backup ${set.id}`]: parts.join('\n') };
}
