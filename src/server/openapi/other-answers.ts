import { z } from 'zod';
import { roles } from '../../domain/configuration.ts';
import type { ExplainView } from '../../domain/explanation.ts';
import type { CommandAnswer, DoctorView, GateView, TokenView, Tried } from '../../domain/ports/daemon.ts';
import type { RtoView } from '../../domain/ports/rto.ts';
import { rtoPhases } from '../../domain/ports/store.ts';
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
import { decision, phases, tally } from './incident-answers.ts';
import { level, verdict } from './status-answers.ts';

export const commandAnswer: z.ZodType<CommandAnswer> = z.object({
  accepted: flag,
  message: text,
  incident: textOrNull,
});

const explainedLevel = z.object({
  ...level.shape,
  breaches: orNull(flag),
  remark: textOrNull,
  distance: textOrNull,
  decision: orNull(decision),
});

const explainedQuery = z.object({
  title: text,
  parts: z.array(
    z.object({
      text,
      depth: count,
      series: z.array(z.object({ labels: z.record(z.string(), z.string()), value: text })),
      more: count,
      problem: textOrNull,
    }),
  ),
});

export const explanation: z.ZodType<ExplainView> = z.object({
  rule: text,
  subject: text,
  summary: text,
  runbook: textOrNull,
  source: text,
  at,
  now: flag,
  from: atOrNull,
  readAt: atOrNull,
  mode,
  armed: flag,
  verdict,
  value: orNull(z.number()),
  detail: text,
  levels: z.array(explainedLevel),
  queries: z.array(explainedQuery),
});

const number = z.number();
const phaseSummary = z.object({
  medianMs: orNull(durationMs),
  p95Ms: orNull(durationMs),
  withinObjective: orNull(number),
  trendMs: orNull(number),
});

export const rto: z.ZodType<RtoView> = z.object({
  incidents: count,
  rows: z.array(
    z.object({
      incident: text,
      target: text,
      severity,
      rule: text,
      outcome,
      closedAt: at,
      phases,
      data: orNull(tally),
    }),
  ),
  data: orNull(tally),
  summary: z.record(z.enum(rtoPhases), phaseSummary),
});

export const gate: z.ZodType<GateView> = z.object({ open: flag, reasons: z.array(text) });

export const doctor: z.ZodType<DoctorView> = z.object({
  checks: z.array(z.object({ name: text, ok: flag, detail: text })),
});

export const token: z.ZodType<TokenView> = z.object({
  name: text,
  role: z.enum(roles),
  by: text,
  at,
  expiresAt: atOrNull,
  revokedAt: atOrNull,
});

export const tried: z.ZodType<Tried> = z.object({ channel: text, ok: flag, detail: text });
