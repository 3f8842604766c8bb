import { createHash } from 'node:crypto';
import { z } from 'zod';
import { backupPartKinds, type BackupSet, type BackupVerdict } from '../domain/backup.ts';
import { RollbackError } from '../domain/errors.ts';
import { canonical } from '../domain/json.ts';
import type { SetKey } from './key.ts';

const count = z.number().int().min(0);
const textOrNull = z.string().nullable();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const part = z.strictObject({
  kind: z.enum(backupPartKinds),
  name: z.string().min(1),
  // A name of a file, never a way out of the set.
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]*$/),
  bytes: count,
  sha256,
  plainBytes: count,
  plainSha256: sha256,
  facts: z.strictObject({
    server: textOrNull,
    tool: textOrNull,
    schemaVersion: textOrNull,
    source: z.string().optional(),
    counts: z.record(z.string(), z.number()),
    digests: z.strictObject({ by: z.string(), tables: z.record(z.string(), z.string()) }).optional(),
  }),
});

const set: z.ZodType<BackupSet> = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  recipe: z.string(),
  target: textOrNull,
  incident: textOrNull,
  release: textOrNull,
  key: textOrNull,
  madeAt: z.number(),
  tookMs: z.number(),
  by: z.string(),
  encrypted: z.boolean(),
  parts: z.array(part),
});

const verdict: z.ZodType<BackupVerdict> = z.strictObject({
  set: z.string(),
  at: z.number(),
  by: z.enum(['reading', 'rehearsal']),
  problems: z.array(z.string()),
});

const sealed = z.strictObject({ set: z.unknown(), seal: z.string() });

/** The manifest as it is stored: the set, and a seal over it. With a key nobody else can make one. */
export function writeManifest(made: BackupSet, key: SetKey | null): string {
  return `${JSON.stringify({ set: made, seal: sealOf(made, key) }, null, 2)}\n`;
}

/**
 * Reads a manifest.
 *
 * @throws RollbackError `BACKUP_INVALID` when it is cut off, was changed, belongs to another set, or, with a key, has no seal of it
 */
export function readManifest(text: string, id: string, key: SetKey | null): BackupSet {
  const invalid = (why: string): RollbackError =>
    new RollbackError('BACKUP_INVALID', `the manifest of ${id} ${why}`, { set: id });
  const outer = sealed.safeParse(parsed(text));
  if (!outer.success) throw invalid('is cut off, or is none');
  const read = set.safeParse(outer.data.set);
  if (!read.success) throw invalid('is none that this version reads');
  if (read.data.id !== id) throw invalid(`belongs to ${read.data.id}`);
  const withKey = outer.data.seal.startsWith('hmac-sha256:');
  if (withKey && key === null) throw invalid('is sealed with a key, and none is configured (backups.key)');
  // Whoever can write there could otherwise put a set of their own in the place of any.
  if (!withKey && key !== null)
    throw invalid('is not sealed with the key (backups.key): anybody who writes there could have made it');
  if (outer.data.seal !== sealOf(outer.data.set, withKey ? key : null))
    throw invalid(withKey ? 'was changed, or sealed with another key' : 'was changed');
  if (read.data.encrypted && !withKey)
    throw invalid('was changed: it speaks of encryption, and is not sealed');
  return read.data;
}

/** What a stored verdict says; null where it is none. */
export function readVerdict(text: string | null, id: string): BackupVerdict | null {
  const read = verdict.safeParse(text === null ? null : parsed(text));
  return read.success && read.data.set === id ? read.data : null;
}

function sealOf(made: unknown, key: SetKey | null): string {
  const text = canonical(made);
  if (key !== null) return `hmac-sha256:${key.seal(text)}`;
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
