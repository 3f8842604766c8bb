import { resolve } from 'node:path';
import { z } from 'zod';
import type { BackupPolicy, BackupRecipe } from '../domain/backup.ts';
import type { Configuration } from '../domain/configuration.ts';
import { DAY } from '../domain/time.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { absolutePath, containerName, isName, name, nameProblem, size, someTime } from './scalars.ts';
import { suggestion } from './suggest.ts';

const later = (what: string): z.ZodOptional<z.ZodUnknown> => z.unknown().optional().describe(what);
const mostBytes = 2 ** 50;

/** `backups:` */
export const backupsShape = {
  directory: absolutePath
    .optional()
    .describe('Folder of the sets, on a disk of its own if there is one; or bucket'),
  bucket: later('Where sets lie instead of in a folder'),
  key: later('What parts are encrypted with; they are not unless stated'),
  compression: z.enum(['zstd', 'gzip']).optional().describe('zstd unless stated'),
  retention: later('How long sets are kept'),
  recipes: later('What one set holds, by name'),
  schedule: later('When sets are made by themselves'),
};

export const backupBucketShape = {
  store: name.describe('A data store of kind s3'),
  prefix: z
    .string()
    .max(200)
    .regex(/^([A-Za-z0-9_.=-]+\/)*[A-Za-z0-9_.=-]*$/, 'expected words and slashes, e.g. rollbackd/layra')
    .optional()
    .describe('What the keys of the sets begin with; rollbackd unless stated'),
};

export const backupKeyShape = {
  file: z
    .string()
    .min(1)
    .describe('Path of a file that holds 32 bytes, or a passphrase of 12 characters or more'),
};

export const backupRetentionShape = {
  keep: someTime.optional().describe('Sets that are older go; 14d unless stated'),
  least: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Sets of a recipe that were read back and stay however old they are; 3 unless stated'),
  most_bytes: size({ max: mostBytes })
    .optional()
    .describe('No set is made that would take more than this with all others; no limit unless stated'),
};

/** Docker accepts the same names for volumes as for containers. */
const names = (what: string) => z.array(containerName).optional().describe(what);
const paths = (what: string) => z.array(absolutePath).optional().describe(what);

export const recipeShape = {
  stores: z.array(name).optional().describe('Names of data_stores'),
  volumes: names('Docker volumes'),
  files: paths('Files and folders inside file_roots'),
  repositories: paths('Working copies of git inside file_roots: commit, branch and uncommitted work'),
  containers: names('Containers whose image and settings are recorded, without secrets'),
};

export const scheduleShape = {
  cron: z.string().describe('Five fields; a set is made at each of these times'),
  recipe: name.describe('Which'),
};

/** What other parts of the main file say. */
export type Surrounding = Pick<Configuration, 'fileRoots' | 'dataStores' | 'docker'>;

/** `backups:`, or null where there is none. */
export function readBackups(
  place: Place,
  surrounding: Surrounding,
  { crontab, folder }: Pick<ReadingContext, 'crontab' | 'folder'>,
): BackupPolicy | null {
  if (place.value === undefined) return null;
  const fields = place.fields(backupsShape);
  const key = place.has('key') ? place.at('key').fields(backupKeyShape).file : undefined;
  const kept = place.has('retention') ? place.at('retention').fields(backupRetentionShape) : {};
  const recipes = readRecipes(place.at('recipes'), surrounding);
  return {
    ...placeOfSets(place, fields.directory, surrounding),
    keyFile: key === undefined ? null : resolve(folder, key),
    compression: fields.compression ?? 'zstd',
    retention: {
      keepMs: kept.keep ?? 14 * DAY,
      least: kept.least ?? 3,
      mostBytes: kept.most_bytes ?? null,
    },
    recipes,
    schedule: place
      .at('schedule')
      .items('times')
      .flatMap((item) => {
        const { cron, recipe } = item.fields(scheduleShape);
        const problem = cron === undefined ? null : crontab.problem(cron);
        if (problem !== null) item.at('cron').problem(`is not a cron expression: ${problem}`);
        if (recipe !== undefined) mustBeThere(item.at('recipe'), recipe, Object.keys(recipes), 'recipe');
        return cron === undefined || recipe === undefined ? [] : [{ cron, recipe }];
      }),
  };
}

/** A folder or a bucket; one of them must be stated. */
function placeOfSets(
  place: Place,
  directory: string | undefined,
  { dataStores }: Surrounding,
): Pick<BackupPolicy, 'directory' | 'bucket'> {
  if (!place.has('bucket')) {
    if (!place.has('directory'))
      place.problem('says not where sets lie; expected directory or bucket', 'key');
    return { directory: directory ?? '/' };
  }
  const at = place.at('bucket');
  if (place.has('directory')) at.problem('cannot stand beside directory: sets lie in one place', 'key');
  const { store = '', prefix = 'rollbackd' } = at.fields(backupBucketShape);
  const stores = Object.values(dataStores).filter(({ kind }) => kind === 's3');
  if (store !== '')
    mustBeThere(
      at.at('store'),
      store,
      stores.map((known) => known.name),
      'data store of kind s3',
    );
  return { directory: null, bucket: { store, prefix: prefix.replace(/(?<=[^/])$/, '/') } };
}

function readRecipes(place: Place, surrounding: Surrounding): Readonly<Record<string, BackupRecipe>> {
  const recipes: Record<string, BackupRecipe> = {};
  for (const [called, at] of place.entries('recipes by name')) {
    if (!isName(called)) at.problem(nameProblem, 'key');
    const {
      stores = [],
      volumes = [],
      files = [],
      repositories = [],
      containers = [],
    } = at.fields(recipeShape);
    recipes[called] = { name: called, stores, volumes, files, repositories, containers };
    if ([stores, volumes, files, repositories, containers].every((held) => held.length === 0))
      at.problem('holds nothing; name stores, volumes, files, repositories or containers');
    checkRecipe(at, recipes[called], surrounding);
  }
  return recipes;
}

function checkRecipe(
  place: Place,
  recipe: BackupRecipe,
  { fileRoots, dataStores, docker }: Surrounding,
): void {
  for (const [index, store] of recipe.stores.entries())
    mustBeThere(place.at('stores').at(index), store, Object.keys(dataStores), 'data store');
  for (const key of ['files', 'repositories'] as const)
    for (const [index, path] of recipe[key].entries())
      if (!fileRoots.some((root) => path.startsWith(`${root}/`)))
        place.at(key).at(index).problem(`lies in no folder of file_roots; add the one it lies in`);
  for (const key of ['volumes', 'containers'] as const)
    if (recipe[key].length > 0 && docker === null)
      place.at(key).problem('needs docker: in the main file', 'key');
  for (const key of ['stores', 'volumes', 'files', 'repositories', 'containers'] as const)
    for (const [index, held] of recipe[key].entries())
      if (recipe[key].indexOf(held) < index) place.at(key).at(index).problem('stands here twice');
}

function mustBeThere(place: Place, wanted: string, known: readonly string[], what: string): void {
  if (known.includes(wanted)) return;
  place.problem(`there is no ${what} ${wanted}${suggestion(wanted, known)}`);
}
