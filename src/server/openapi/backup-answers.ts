import { z } from 'zod';
import { backupPartKinds, type BackupSet } from '../../domain/backup.ts';
import type { BackupJob, BackupList, BackupSetView } from '../../domain/ports/backups.ts';
import { at, atOrNull, count, durationMs, flag, orNull, text, textOrNull } from './basic-answers.ts';

const set: z.ZodType<BackupSet> = z.object({
  version: z.literal(1),
  id: text,
  recipe: text,
  target: textOrNull,
  incident: textOrNull,
  release: textOrNull,
  key: textOrNull,
  madeAt: at,
  tookMs: durationMs,
  by: text,
  encrypted: flag,
  parts: z.array(
    z.object({
      kind: z.enum(backupPartKinds),
      name: text,
      file: text,
      bytes: count,
      sha256: text,
      plainBytes: count,
      plainSha256: text,
      facts: z.object({
        server: textOrNull,
        tool: textOrNull,
        schemaVersion: textOrNull,
        source: text.optional(),
        counts: z.record(z.string(), z.number()),
        digests: z.object({ by: text, tables: z.record(z.string(), text) }).optional(),
      }),
    }),
  ),
});

export const backupSet: z.ZodType<BackupSetView> = z.object({
  set,
  verdict: orNull(z.object({ set: text, at, by: z.enum(['reading', 'rehearsal']), problems: z.array(text) })),
  bytes: count,
});

export const backupJob: z.ZodType<BackupJob> = z.object({
  id: text,
  does: z.enum(['create', 'verify', 'rehearse', 'restore']),
  recipe: text,
  set: textOrNull,
  by: text,
  startedAt: at,
  endedAt: atOrNull,
  ended: orNull(z.enum(['well', 'badly'])),
  message: text,
  details: z.array(text),
  progress: orNull(z.object({ name: text, bytes: count, of: orNull(count) })),
});

export const backupList: z.ZodType<BackupList> = z.object({
  sets: z.array(backupSet),
  broken: z.array(z.object({ id: text, problem: text })),
  jobs: z.array(backupJob),
});

export const prunedBackups = z.object({ removed: z.array(text) });
