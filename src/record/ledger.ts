import type { DataTally } from '../domain/data-integrity.ts';
import type { Marks, Outcome } from '../domain/incident.ts';
import { standardObjectives, type Objectives } from '../domain/playbook.ts';
import type { LedgerRow, PhaseTime, RtoPhase } from '../domain/ports/store.ts';
import type { Severity } from '../domain/rule.ts';
import { MINUTE } from '../domain/time.ts';

/** What one line of the ledger is made of. */
export interface LedgerInput {
  readonly incident: string;
  readonly target: string;
  readonly severity: Severity;
  /** The rule that leads. */
  readonly rule: string;
  readonly outcome: Outcome;
  readonly closedAt: number;
  readonly marks: Marks;
  /** `for` of the leading level; for a level that counts failed probes, failures × `every`. 0 where a person asked. */
  readonly forMs: number;
  /** `every` of the leading rule. 0 where a person asked. */
  readonly everyMs: number;
  /** Those of the playbook that was followed; null where none was. */
  readonly objectives: Objectives | null;
  /** What became of the records that its steps replaced; null where they replaced none. */
  readonly data: DataTally | null;
}

/** Deciding is the daemon's own work, whatever the playbook. */
export const decisionObjectiveMs = 2 * MINUTE;

/**
 * How long each phase took, against its objective. A phase whose beginning or end did not come is null.
 *
 * - `detection` first breaching reading of the run that fired → detected; objective `for` + 2 × `every`, at least 1 m
 * - `decision` detected → decided, without the time in which a question stood open; objective 2 m
 * - `people` asked → answered, or → what was done when nobody answered; no objective. A question asked before the
 *   leading level was detected was about something else, and does not count
 * - `rollback` first effect → last effect; objective the playbook's, else 5 m
 * - `verification` last effect → verified; objective the playbook's, else 3 m
 * - `total` first breaching reading (where a person asked: detected) → verified; objective the playbook's, else 10 m
 * - `total_without_people` the same less `people`, against the same objective
 */
export function ledgerRow(input: LedgerInput): LedgerRow {
  const { incident, target, severity, rule, outcome, closedAt, data } = input;
  return { incident, target, severity, rule, outcome, closedAt, phases: phasesOf(input), data };
}

function phasesOf({ marks, forMs, everyMs, objectives }: LedgerInput): Readonly<Record<RtoPhase, PhaseTime>> {
  const { rollbackMs, verificationMs, totalMs } = objectives ?? standardObjectives;
  const question = questionOf(marks);
  const peopleMs = question === null ? null : between(question.askedAt, question.endedAt);
  const total = between(marks.breachedAt ?? marks.detectedAt, marks.verifiedAt);
  const own = total === null ? null : Math.max(0, total - (peopleMs ?? 0));
  return {
    detection: phase(between(marks.breachedAt, marks.detectedAt), Math.max(MINUTE, forMs + 2 * everyMs)),
    decision: phase(decisionTime(marks, question), decisionObjectiveMs),
    people: phase(peopleMs, null),
    rollback: phase(between(marks.firstEffectAt, marks.lastEffectAt), rollbackMs),
    verification: phase(between(marks.lastEffectAt, marks.verifiedAt), verificationMs),
    total: phase(total, totalMs),
    total_without_people: phase(own, totalMs),
  };
}

interface Question {
  readonly askedAt: number;
  readonly endedAt: number;
}

function questionOf(marks: Marks): Question | null {
  const { askedAt, answeredAt, decidedAt, firstEffectAt, detectedAt } = marks;
  if (askedAt === null || (detectedAt !== null && askedAt < detectedAt)) return null;
  const decidedLater = decidedAt !== null && decidedAt > askedAt ? decidedAt : null;
  const endedAt = answeredAt ?? decidedLater ?? firstEffectAt;
  return endedAt === null ? null : { askedAt, endedAt };
}

function decisionTime({ detectedAt, decidedAt }: Marks, question: Question | null): number | null {
  const whole = between(detectedAt, decidedAt);
  if (whole === null || question === null || decidedAt === null) return whole;
  const asked = Math.max(0, Math.min(decidedAt, question.endedAt) - question.askedAt);
  return Math.max(0, whole - asked);
}

function phase(actualMs: number | null, objectiveMs: number | null): PhaseTime {
  return { actualMs, objectiveMs };
}

/** Never negative: over a restart, the machine's clock may have been set back. */
function between(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : Math.max(0, to - from);
}
