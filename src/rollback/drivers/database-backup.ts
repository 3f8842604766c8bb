import { z } from 'zod';
import { heldBy, recipeOfStores, type BackupRecipe } from '../../domain/backup.ts';
import { MINUTE } from '../../domain/time.ts';
import type { DataStore } from '../../domain/data-store.ts';
import type { Finding } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { makeSet, type BackupStepParts } from '../backup-set.ts';
import { dumpByHand } from '../database/by-hand.ts';
import { whyNoArchivist } from '../database/store-copies.ts';

const name = z.string().min(1);
const schema = z
  .strictObject({
    store: name.optional().describe('The database: one of data_stores. This or stores'),
    stores: z.array(name).min(1).optional().describe('Several of data_stores, in one set'),
    smaller_ok: z
      .boolean()
      .default(false)
      .describe('Whether a copy may be less than half of what it was in the last such set; else that fails'),
  })
  .refine(({ store, stores }) => (store === undefined) !== (stores === undefined), {
    error: 'expected either store or stores',
  });
export type DatabaseBackupOptions = z.output<typeof schema>;

export interface DatabaseBackupParts extends BackupStepParts {
  readonly stores: Readonly<Record<string, DataStore>>;
}

/**
 * Makes a backup set of data stores alone and reads it back, without a recipe of the configuration; steps after it that
 * replace them may then run. In development none is made.
 */
export function databaseBackupDriver(parts: DatabaseBackupParts): Driver<DatabaseBackupOptions> {
  const { backups, isDevelopment, stores } = parts;
  return {
    kind: 'database.backup',
    effect: 'probe',
    risk: 'safe',
    options: schema,
    deadlineMs: 30 * MINUTE,
    needsRelease: false,
    read(step) {
      const named = namesIn(step.options);
      return Promise.resolve({ identity: `stores ${named.join(', ')}`, detail: { stores: [...named] } });
    },
    preflight: (step, _facts, signal) => preflight(parts, namesIn(step.options), signal),
    describe(step) {
      const shown = namesIn(step.options).join(', ');
      if (isDevelopment()) return `make no backup of ${shown}: this environment skips backups`;
      return `make a backup of ${shown}, and read it back`;
    },
    apply(step, opId, signal) {
      const { smaller_ok: smallerOk } = schema.parse(step.options);
      return makeSet(parts, { recipe: recipeIn(step.options), smallerOk }, { step, opId, signal });
    },
    async probe(_step, opId) {
      if (isDevelopment()) return 'done';
      if (backups === null) return 'unknown';
      return (await backups.madeBy(opId)) === null ? 'not_done' : 'done';
    },
    undoable: () => false,
    backsUp: (step) => (backups === null ? [] : heldBy(recipeIn(step.options))),
    byHand: (step) => namesIn(step.options).map((store) => dumpByHand(store, stores[store])),
  };
}

async function preflight(
  { backups, isDevelopment }: DatabaseBackupParts,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly Omit<Finding, 'step'>[]> {
  if (isDevelopment())
    return [
      {
        level: 'warn',
        message: `no backup of ${names.join(', ')} is made, since this environment skips backups`,
      },
    ];
  if (backups === null)
    return [{ level: 'refuse', message: 'no backups are configured; add backups: to the main file' }];
  const unknown = names.flatMap((one) => whyNoArchivist(backups, one) ?? []);
  if (unknown.length > 0) return unknown.map((message) => ({ level: 'refuse', message }));
  const { problems, warnings } = await backups.examine(recipeOfStores(names), signal);
  return [
    ...problems.map((message) => ({ level: 'refuse', message }) as const),
    ...warnings.map((message) => ({ level: 'warn', message }) as const),
  ];
}

function namesIn(options: unknown): readonly string[] {
  const { store, stores } = schema.parse(options);
  return stores ?? (store === undefined ? [] : [store]);
}

function recipeIn(options: unknown): BackupRecipe {
  return recipeOfStores(namesIn(options));
}
