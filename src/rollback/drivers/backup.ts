import { z } from 'zod';
import { heldBy } from '../../domain/backup.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { Backups } from '../../domain/ports/backups.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import { formatDuration, MINUTE } from '../../domain/time.ts';
import type { BackupSet } from '../../domain/backup.ts';
import type { DataGuard } from '../guarded-data.ts';
import { asShell } from './shell-text.ts';

const schema = z.strictObject({
  recipe: z.string().min(1).describe('What the set holds: one of backups.recipes'),
  smaller_ok: z
    .boolean()
    .default(false)
    .describe('Whether parts may be less than half of what they were in the last set; else that fails'),
});
export type BackupOptions = z.output<typeof schema>;

export interface BackupStepParts extends DataGuard {
  /** null where no backups are configured. */
  readonly backups: Backups | null;
}

/**
 * Makes a backup set and reads it back; steps after it that replace what it holds may then run. The set carries the
 * effect's own name, so a repeat finds the one that was made. In development none is made.
 */
export function backupDriver(parts: BackupStepParts): Driver<BackupOptions> {
  const { backups, isDevelopment } = parts;
  return {
    kind: 'backup',
    effect: 'probe',
    risk: 'safe',
    options: schema,
    deadlineMs: 30 * MINUTE,
    needsRelease: false,
    read(step) {
      const { recipe } = schema.parse(step.options);
      const known = backups?.recipe(recipe) ?? null;
      const things = known === null ? [] : heldBy(known).map(({ kind, name }) => `${kind} ${name}`);
      return Promise.resolve({
        identity: `recipe ${recipe}: ${things.join(', ')}`,
        detail: { recipe, things },
      });
    },
    async preflight(step, _facts, signal) {
      const { recipe } = schema.parse(step.options);
      if (isDevelopment())
        return [{ level: 'warn', message: `no backup of ${recipe} is made, since this is development` }];
      if (backups === null)
        return [{ level: 'refuse', message: 'no backups are configured; add backups: to the main file' }];
      if (backups.recipe(recipe) === null)
        return [{ level: 'refuse', message: `there is no recipe ${recipe} in backups.recipes` }];
      const { problems, warnings } = await backups.examine(recipe, signal);
      return [
        ...problems.map((message) => ({ level: 'refuse', message }) as const),
        ...warnings.map((message) => ({ level: 'warn', message }) as const),
      ];
    },
    describe(step, { detail: { things } }) {
      const { recipe } = schema.parse(step.options);
      if (isDevelopment()) return `make no backup of ${recipe}: this is development`;
      const held = Array.isArray(things) ? things.join(', ') : '';
      return `make a backup of ${recipe} (${held}), and read it back`;
    },
    apply: (step, opId, signal) => make(parts, step, opId, signal),
    async probe(_step, opId) {
      if (isDevelopment()) return 'done';
      if (backups === null) return 'unknown';
      return (await backups.madeBy(opId)) === null ? 'not_done' : 'done';
    },
    undoable: () => false,
    backsUp(step) {
      const recipe = backups?.recipe(schema.parse(step.options).recipe) ?? null;
      return recipe === null ? [] : heldBy(recipe);
    },
    byHand: (step) => [asShell(['rollbackd', 'backup', 'create', schema.parse(step.options).recipe])],
  };
}

async function make(
  { backups, isDevelopment }: BackupStepParts,
  { options, incident, target, from }: Step,
  opId: string,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { recipe, smaller_ok } = schema.parse(options);
  if (isDevelopment())
    return { ended: 'done', detail: `no backup of ${recipe} was made: this is development` };
  if (backups === null) return { ended: 'failed', detail: 'no backups are configured', retryable: false };
  const occasion = {
    target: target.name,
    incident,
    release: from?.id ?? null,
    key: opId,
    smallerOk: smaller_ok,
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
