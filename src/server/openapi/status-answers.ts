import { z } from 'zod';
import type { Migration, MigrationView } from '../../domain/migration.ts';
import type { PlanView, ReleaseView, RuleView, StatusView, TargetView } from '../../domain/ports/daemon.ts';
import type { IncidentRow } from '../../domain/ports/store.ts';
import { componentKinds } from '../../domain/release.ts';
import {
  at,
  atOrNull,
  count,
  durationMs,
  flag,
  mode,
  orNull,
  outcome,
  severity,
  text,
  textOrNull,
} from './basic-answers.ts';

export const componentKind = z.enum(componentKinds);

export const level = z.object({
  severity,
  condition: text,
  phase: z.enum(['clear', 'pending', 'firing', 'recovering']),
  since: atOrNull,
  progress: text,
});

export const verdict = z.enum(['ok', 'breach', 'no_data', 'error', 'insufficient', 'never_seen', 'not_read']);

export const rule: z.ZodType<RuleView> = z.object({
  rule: text,
  subject: text,
  summary: text,
  verdict,
  detail: text,
  readAt: atOrNull,
  armed: flag,
  silenced: flag,
  mode,
  levels: z.array(level),
});

export const release: z.ZodType<ReleaseView> = z.object({
  id: text,
  name: text,
  components: z.array(z.object({ kind: componentKind, value: text, label: text })),
  standing: z.enum(['unproven', 'good', 'bad']),
  because: text,
  current: flag,
  lastGood: flag,
  bakedMs: durationMs,
  barrier: textOrNull,
  firstSeenAt: at,
  servedAt: at,
});

const migration: z.ZodType<Migration> = z.object({
  by: text,
  since: at,
  until: at,
  recipe: text,
  set: textOrNull,
  release: textOrNull,
  commit: textOrNull,
  note: text,
  again: orNull(z.object({ incident: text, fixed: text })),
});

export const migrations: z.ZodType<MigrationView> = z.object({
  target: text,
  now: at,
  open: orNull(migration),
  checks: z.array(z.object({ what: text, done: orNull(flag), detail: text })),
  refusals: z.array(text),
  confirm: z.array(text),
  needsSet: flag,
});

const target: z.ZodType<TargetView> = z.object({
  name: text,
  mode,
  current: orNull(release),
  lastGood: orNull(release),
  noWayBack: textOrNull,
  bakeMs: durationMs,
  incident: textOrNull,
  deploying: flag,
  migration: orNull(migration),
  graceUntil: atOrNull,
  frozen: textOrNull,
  rules: z.array(rule),
});

const marks = z.object({
  breachedAt: atOrNull,
  detectedAt: atOrNull,
  decidedAt: atOrNull,
  askedAt: atOrNull,
  answeredAt: atOrNull,
  firstEffectAt: atOrNull,
  lastEffectAt: atOrNull,
  verifiedAt: atOrNull,
});

/** Shared by the row and the whole incident. */
export const incidentRow = z.object({
  id: text,
  target: text,
  severity,
  rule: text,
  state: text,
  outcome: orNull(outcome),
  reason: text,
  openedAt: at,
  closedAt: atOrNull,
  marks,
}) satisfies z.ZodType<IncidentRow>;

const page = z.object({
  name: text,
  url: text,
  last: orNull(
    z.object({
      at,
      durationMs,
      samples: count,
      bytes: count,
      problem: textOrNull,
      note: textOrNull,
    }),
  ),
});

export const status: z.ZodType<StatusView> = z.object({
  version: text,
  environment: text,
  mode,
  now: at,
  startedAt: at,
  halted: textOrNull,
  configuration: z.object({ digest: text, loadedAt: at, lastReloadFailed: textOrNull }),
  blind: z.array(text),
  scrape: z.object({
    insteadOf: orNull(z.object({ source: text, since: at, detail: text })),
    pages: z.array(page),
  }),
  unknownSeries: z.record(z.string(), count),
  targets: z.array(target),
  hosts: z.array(rule),
  open: z.array(incidentRow),
});

export const plan: z.ZodType<PlanView> = z.object({
  target: text,
  playbook: text,
  digest: text,
  from: orNull(release),
  to: orNull(release),
  risk: z.enum(['safe', 'disruptive', 'destructive-data']),
  steps: z.array(text),
  destroys: z.array(text),
  verification: z.array(text),
  findings: z.array(z.object({ level: z.enum(['refuse', 'warn']), step: z.int(), message: text })),
  refusal: textOrNull,
});
