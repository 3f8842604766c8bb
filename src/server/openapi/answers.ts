import { z } from 'zod';
import { backupJob, backupList, backupSet, prunedBackups } from './backup-answers.ts';
import { at, flag, problem, textOrNull } from './basic-answers.ts';
import { entry, incident } from './incident-answers.ts';
import { commandAnswer, doctor, explanation, gate, rto, token, tried } from './other-answers.ts';
import { incidentRow, migrations, plan, release, status } from './status-answers.ts';

/** Every answer of the API under the name that routes and the OpenAPI document know it by. */
export const answers = {
  Problem: problem,
  Status: status,
  IncidentRow: incidentRow,
  Incident: incident,
  Entry: entry,
  Plan: plan,
  Migration: migrations,
  Release: release,
  Explanation: explanation,
  Rto: rto,
  Gate: gate,
  Doctor: doctor,
  CommandAnswer: commandAnswer,
  Token: token,
  Incidents: z.array(incidentRow),
  Entries: z.array(entry),
  Releases: z.array(release),
  Tokens: z.array(token),
  JournalCheck: z.object({ intact: flag, broken: textOrNull }),
  MadeToken: z.object({ secret: z.string(), token }),
  MadeCode: z.object({ code: z.string(), expiresAt: at, page: z.string() }),
  Report: z.object({ name: z.string(), markdown: z.string(), html: z.string() }),
  Tried: z.array(tried),
  Backups: backupList,
  BackupSet: backupSet,
  BackupJob: backupJob,
  PrunedBackups: prunedBackups,
  Alive: z.object({ alive: z.literal(true) }),
  Ready: z.object({ ready: flag }),
  Document: z.record(z.string(), z.unknown()),
} as const satisfies Readonly<Record<string, z.ZodType>>;
