import { z } from 'zod';
import { heldBy } from '../../domain/backup.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { MINUTE } from '../../domain/time.ts';
import { makeSet, type BackupStepParts } from '../backup-set.ts';
import { asShell } from './shell-text.ts';

const schema = z.strictObject({
  recipe: z.string().min(1).describe('What the set holds: one of backups.recipes'),
  smaller_ok: z
    .boolean()
    .default(false)
    .describe('Whether parts may be less than half of what they were in the last set; else that fails'),
});
export type BackupOptions = z.output<typeof schema>;

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
        return [
          { level: 'warn', message: `no backup of ${recipe} is made, since this environment skips backups` },
        ];
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
      if (isDevelopment()) return `make no backup of ${recipe}: this environment skips backups`;
      const held = Array.isArray(things) ? things.join(', ') : '';
      return `make a backup of ${recipe} (${held}), and read it back`;
    },
    apply(step, opId, signal) {
      const { recipe, smaller_ok: smallerOk } = schema.parse(step.options);
      return makeSet(parts, { recipe, smallerOk }, { step, opId, signal });
    },
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
