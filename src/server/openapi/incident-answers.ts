import { z } from 'zod';
import type { DataIntegrity, DataTally } from '../../domain/data-integrity.ts';
import type { Effect } from '../../domain/effect.ts';
import { guardNames, type Decision } from '../../domain/incident.ts';
import type { IncidentView, QuestionView, SeriesView } from '../../domain/ports/daemon.ts';
import { rtoPhases, type Entry } from '../../domain/ports/store.ts';
import {
  at,
  atOrNull,
  count,
  durationMs,
  flag,
  json,
  orNull,
  severity,
  text,
  textOrNull,
} from './basic-answers.ts';
import { incidentRow, plan } from './status-answers.ts';

export const entry: z.ZodType<Entry> = z.object({
  seq: count,
  at,
  incident: textOrNull,
  target: textOrNull,
  type: text,
  message: text,
  facts: z.record(z.string(), json),
  previousHash: text,
  hash: text,
});

const action = z.enum(['rollback', 'ask', 'investigate', 'monitor', 'hand_over']);
const needs = z.object({ people: z.int().min(1), role: z.enum(['approver', 'dba']) });

export const decision: z.ZodType<Decision> = z.object({
  action,
  wanted: action,
  halted: flag,
  objections: z.array(
    z.object({
      guard: z.enum(guardNames),
      weakens: z.enum(['record', 'tell', 'ask', 'wait', 'hand_over']),
      approval: z.enum(['lifts', 'refused', 'needs_release', 'needs_dba']),
      reason: text,
    }),
  ),
  reason: text,
  playbook: textOrNull,
  withinMs: durationMs,
  otherwise: z.enum(['rollback', 'monitor', 'investigate', 'hand_over']),
  needs,
});

const question: z.ZodType<QuestionView> = z.object({
  id: text,
  ticket: text,
  planDigest: text,
  askedAt: at,
  dueAt: at,
  prolongs: count,
  halted: textOrNull,
  otherwise: text,
  needs,
  answers: z.array(z.object({ by: text, answer: z.enum(['approve', 'reject', 'hand_over']), at })),
  state: text,
  endedBecause: text,
});

/** What became of the records of one thing. */
const integrity: z.ZodType<DataIntegrity> = z.object({
  name: text,
  before: orNull(count),
  after: orNull(count),
  lost: orNull(count),
  corrupted: orNull(count),
  orphaned: orNull(count),
  how: text,
});

const records = z.object({ records: orNull(count), uncounted: count });

/** Sums of what became of records. */
export const tally: z.ZodType<DataTally> = z.object({
  things: count,
  lost: records,
  corrupted: records,
  orphaned: records,
});

const effect: z.ZodType<Effect> = z.object({
  opId: text,
  incident: text,
  step: z.int(),
  purpose: z.enum(['apply', 'undo', 'release']),
  generation: z.int(),
  kind: text,
  effect: z.enum(['cas', 'probe', 'blind']),
  state: z.enum(['intent', 'started', 'done', 'failed', 'unknown']),
  epoch: z.int(),
  recoveries: count,
  intentAt: at,
  startedAt: atOrNull,
  endedAt: atOrNull,
  detail: text,
  integrity: z.array(integrity),
});

const series: z.ZodType<SeriesView> = z.object({
  rule: text,
  subject: text,
  summary: text,
  levels: z.array(z.object({ severity, condition: text, threshold: orNull(z.number()) })),
  readings: z.array(
    z.object({
      at,
      value: orNull(z.number()),
      verdict: z.enum(['value', 'passed', 'failed', 'unknown']),
      detail: text,
    }),
  ),
});

/** By phase of an incident: how long it took, and what its objective is. */
export const phases = z.record(
  z.enum(rtoPhases),
  z.object({ actualMs: orNull(durationMs), objectiveMs: orNull(durationMs) }),
);

export const incident: z.ZodType<IncidentView> = z.object({
  ...incidentRow.shape,
  levels: z.array(
    z.object({
      rule: text,
      subject: text,
      severity,
      since: at,
      firedAt: at,
      detail: text,
      condition: text,
      recoveredAt: atOrNull,
    }),
  ),
  decision: orNull(decision),
  question: orNull(question),
  plan: orNull(plan),
  effects: z.array(effect),
  journal: z.array(entry),
  readings: z.array(z.object({ at, detail: text })),
  series: z.array(series),
  evidence: z.record(z.string(), z.string()),
  rto: orNull(phases),
  integrity: z.array(integrity),
  data: orNull(tally),
  byHand: z.array(text),
});
