import { z } from 'zod';
import { isScripted, isWhole } from '../../clients/databases/change-schema.ts';
import { commandsIn } from '../../clients/databases/mongodb/change-schema.ts';
import type { ScriptedStore } from '../../clients/databases/schema-change.ts';
import { readSchemaVersion } from '../../clients/databases/schema-version.ts';
import type { DatabaseTools } from '../../clients/databases/tools.ts';
import { outsideProblem, type FileRoots } from '../../clients/files/held-folder.ts';
import type { EffectRecords } from '../../clients/files/records.ts';
import type { DataStore } from '../../domain/data-store.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Finding, Step } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { schemasOf } from '../../domain/release.ts';
import { MINUTE } from '../../domain/time.ts';
import type { BackupStepParts, Doing } from '../backup-set.ts';
import { scriptByHand } from '../database/by-hand.ts';
import { begunIn, revert, standOf } from '../database/reverting.ts';
import { readScript, type Script } from '../database/script.ts';
import { whyNoArchivist } from '../database/store-copies.ts';
import { uncovered } from '../guarded-data.ts';
import { failed } from '../settled.ts';

const version = z.union([z.string().min(1), z.number().transform(String)]);
const schema = z.strictObject({
  store: z.string().min(1).describe('The database: one of data_stores with a schema_version'),
  script: z
    .string()
    .regex(/^(\/|\$\{)/, 'expected an absolute path')
    .describe('The statements that take the migration back: a file inside file_roots, of at most 100 KiB'),
  from: version
    .optional()
    .describe(
      'The schema version that the script is for; at any other it is not run. Else the one of the plan',
    ),
  expect: version
    .optional()
    .describe(
      'The schema version that it must leave; that which the release gone back to was recorded with, unless stated',
    ),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits')
    .optional()
    .describe('The SHA-256 of the script in hex; another is not run'),
});
export type DatabaseRevertOptions = z.output<typeof schema>;

export interface DatabaseRevertParts extends BackupStepParts {
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly files: FileRoots;
  readonly records: EffectRecords;
  readonly tools: DatabaseTools;
}

/**
 * Runs a declared script that takes a migration of a schema back, at the version that it is for and nowhere else. With
 * PostgreSQL and SQLite all of it happens or nothing; MySQL, MariaDB and MongoDB cannot promise that.
 */
export function databaseRevertDriver(parts: DatabaseRevertParts): Driver<DatabaseRevertOptions> {
  return {
    kind: 'database.revert',
    effect: 'probe',
    risk: 'destructive-data',
    options: schema,
    deadlineMs: 30 * MINUTE,
    needsRelease: false,
    async read(step, signal) {
      const { store, script } = schema.parse(step.options);
      const read = await scriptOf(parts, step).catch(nothingIf);
      const found = storeOf(parts, store);
      const now =
        'problem' in found
          ? null
          : await readSchemaVersion(found.store, parts.files.hostRoot, signal).catch(nothingIf);
      return {
        identity: `${store} by ${script} sha256:${read?.sha256 ?? 'unreadable'} from schema ${now ?? 'unknown'}`,
        detail: { sha256: read?.sha256 ?? null, version: now },
      };
    },
    preflight: (step, _facts, signal) => preflight(parts, step, signal),
    describe(step, { detail: { sha256, version: now } }) {
      const { store, script, from } = schema.parse(step.options);
      const expect = expected(step);
      const known = typeof sha256 === 'string' ? `sha256 ${sha256.slice(0, 12)}` : 'not readable';
      const start = from ?? (typeof now === 'string' ? now : 'the present version');
      const found = parts.stores[store];
      const manner =
        isScripted(found) && isWhole(found)
          ? 'in one transaction'
          : 'what it did before it fails stays: this server takes back nothing of it';
      return `run ${script} (${known}) in ${store}, from schema ${start} ${expect === null ? 'to another' : `to ${expect}`}; ${manner}`;
    },
    apply: (step, opId, signal) => apply(parts, { step, opId, signal }),
    async probe(step, opId, signal) {
      const begun = begunIn(await parts.records.read(opId));
      if (begun === null) return 'not_done';
      if (begun.phase === 'done') return 'done';
      const found = storeOf(parts, schema.parse(step.options).store);
      if ('problem' in found) return 'unknown';
      const now = await readSchemaVersion(found.store, parts.files.hostRoot, signal);
      return standOf({ store: found.store, expect: expected(step) }, begun, now);
    },
    undoable: () => false,
    replaces: (step) => [{ kind: 'store', name: schema.parse(step.options).store }],
    byHand(step) {
      const { store, script } = schema.parse(step.options);
      return [scriptByHand(store, parts.stores[store], script)];
    },
  };
}

/** A fact that cannot be read is told of by preflight. */
function nothingIf(error: unknown): null {
  if (error instanceof RollbackError && error.recourse === 'give-up') return null;
  throw error;
}

function expected(step: Step): string | null {
  const { store, expect } = schema.parse(step.options);
  return expect ?? (step.to === null ? null : (schemasOf(step.to).get(store) ?? null));
}

function scriptOf({ files }: DatabaseRevertParts, step: Step): Promise<Script> {
  const { script, sha256 = null } = schema.parse(step.options);
  return readScript(script, files, sha256);
}

function storeOf(
  { stores, files }: DatabaseRevertParts,
  name: string,
): { readonly store: ScriptedStore } | { readonly problem: string } {
  const store = Object.hasOwn(stores, name) ? stores[name] : undefined;
  if (store === undefined) return { problem: `there is no data store ${name}` };
  if (!isScripted(store)) return { problem: `${name} is a ${store.kind}, in which no scripts are run` };
  if (store.schemaQuery === null)
    return { problem: `${name} has no schema_version to tell whether a script has been run` };
  const outside = store.kind === 'sqlite' ? outsideProblem(store.path, files) : null;
  return outside === null ? { store } : { problem: outside };
}

async function preflight(
  parts: DatabaseRevertParts,
  step: Step,
  signal: AbortSignal,
): Promise<readonly Omit<Finding, 'step'>[]> {
  const { store, from } = schema.parse(step.options);
  const refuse = (message: string) => ({ level: 'refuse', message }) as const;
  const found = storeOf(parts, store);
  if ('problem' in found) return [refuse(found.problem)];
  try {
    const { content } = await scriptOf(parts, step);
    if (found.store.kind === 'mongodb') await commandsIn(content);
    const now = await readSchemaVersion(found.store, parts.files.hostRoot, signal);
    if (from !== undefined && now !== from)
      return [refuse(`the schema of ${store} has version ${now}, and the script is for ${from}`)];
    if (now === expected(step)) return [refuse(`the schema of ${store} has version ${now} already`)];
    if (found.store.kind === 'mysql') await parts.tools.version(['mariadb', 'mysql'], found.store, signal);
  } catch (error) {
    if (!(error instanceof RollbackError)) throw error;
    return [refuse(error.message)];
  }
  if (isWhole(found.store)) return [];
  const message = `the server of ${store} takes back nothing of a script that fails halfway: what it did stays, and a person decides`;
  return [{ level: 'warn', message }];
}

async function apply(parts: DatabaseRevertParts, { step, opId, signal }: Doing): Promise<EffectOutcome> {
  const { backups, records, tools } = parts;
  const { store: name, from = null } = schema.parse(step.options);
  const begun = begunIn(await records.read(opId));
  const bare = begun === null ? await uncovered(parts, step, [{ kind: 'store', name }]) : null;
  if (bare !== null) return failed(bare);
  const found = storeOf(parts, name);
  if ('problem' in found) return failed(found.problem);
  const archivist =
    backups === null || whyNoArchivist(backups, name) !== null
      ? null
      : backups.archivist({ kind: 'store', name });
  let script: Script;
  try {
    script = await scriptOf(parts, step);
  } catch (error) {
    if (begun !== null || !(error instanceof RollbackError)) throw error;
    return failed(error.message);
  }
  const { hostRoot } = parts.files;
  const work = { store: found.store, script, from, expect: expected(step), records, tools, hostRoot };
  return revert({ ...work, archivist, opId, signal });
}
