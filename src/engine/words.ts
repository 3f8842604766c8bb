import type { IncidentContext, IncidentEvent } from '../../state-machines/incident.context.ts';
import { tallyInWords, type DataTally } from '../domain/data-integrity.ts';
import type { FiredLevel } from '../domain/incident.ts';
import { nameRelease } from '../domain/release.ts';
import { riskOf, type Plan } from '../domain/plan.ts';
import type { Otherwise } from '../domain/rule.ts';
import { formatDuration } from '../domain/time.ts';
import type { Note } from './turn.ts';

/** The sentences of the journal: each transition once, with its reason. The log and the messages repeat them. */

export function openedNote(context: IncidentContext): Note {
  const level = context.levels[0];
  const what =
    level === undefined ? context.reason : `${level.detail}, ${level.condition}, since ${time(level.since)}`;
  return {
    type: 'incident.opened',
    message: `${context.severity.toUpperCase()} on ${context.target}: ${level?.rule ?? 'request'}: ${what}`,
    facts: {
      severity: context.severity,
      rule: context.lead.rule,
      ...(level === undefined ? {} : levelFacts(level)),
    },
  };
}

export function levelNote(type: 'level.fired' | 'level.recovered', level: FiredLevel, lead: string): Note {
  const verb = type === 'level.fired' ? 'fired' : 'recovered';
  return {
    type,
    message: `${level.rule} (${level.severity.toUpperCase()}) ${verb}: ${level.detail}; ${lead}`,
    facts: levelFacts(level),
  };
}

/** A level that no longer counts, though nobody saw it recover. */
export function forgottenNote(level: FiredLevel, why: string, lead: string | null): Note {
  return {
    type: 'level.forgotten',
    message: `${level.rule} (${level.severity.toUpperCase()}) no longer counts: ${why}; ${lead === null ? 'nothing fires any more' : `${lead} leads`}`,
    facts: levelFacts(level),
  };
}

export function planNote(plan: Plan): Note {
  const from = plan.from === null ? 'nothing known' : nameRelease(plan.from);
  const to = plan.to === null ? 'no other release' : nameRelease(plan.to);
  return {
    type: 'plan.built',
    message: `plan ${plan.digest} by ${plan.playbook}: ${from} → ${to}, ${count(plan.steps.length, 'step')}`,
    facts: {
      digest: plan.digest,
      playbook: plan.playbook,
      from,
      to,
      steps: plan.descriptions,
      warnings: plan.findings.map(({ message }) => message),
    },
  };
}

type Incident = { readonly value: string; readonly context: IncidentContext };

/** What one incident transition is called in the journal; null for those that other notes tell better. */
export function transitionNote(before: Incident, after: Incident, event: IncidentEvent): Note | null {
  const { context } = after;
  switch (event.type) {
    case 'judged':
      return decisionNote(after);
    case 'planned':
      // The plan changed nothing about the decision: it was told.
      return sameDecision(before, after) ? null : decisionNote(after);
    case 'refused':
      return { type: 'plan.refused', message: `no rollback of ${context.target}: ${event.reason}` };
    case 'voided':
      return { type: 'plan.void', message: `plan void: ${event.reason}`, facts: { voided: context.voided } };
    case 'approved':
      return {
        type: 'question.answered',
        message: event.reason,
        facts: { by: event.by.name, answer: 'approve' },
      };
    case 'rejected':
      return {
        type: 'question.answered',
        message: event.reason,
        facts: { by: event.by, answer: 'reject' },
      };
    case 'takenOver':
      return takenOverNote(before, event);
    case 'expired':
      return {
        type: 'question.expired',
        message: `${event.reason}, so ${wordOtherwise(event.otherwise)}`,
        facts: { otherwise: event.otherwise },
      };
    case 'rollbackFailed':
      return { type: 'rollback.failed', message: event.reason, facts: { nextPlaybook: event.nextPlaybook } };
    case 'unhalted':
      return { type: 'incident.resumed', message: `halt lifted: ${context.target} is judged again` };
    case 'acknowledged':
      return {
        type: 'incident.acknowledged',
        message: `acknowledged by ${event.by}`,
        facts: { by: event.by },
      };
    case 'fired':
    case 'recovered':
    case 'begun':
    case 'progressed':
    case 'rolledBack':
    case 'withdrawn':
      return null;
  }
}

/** The answer to a question, or a word of its own where none was asked. */
function takenOverNote(before: Incident, event: Extract<IncidentEvent, { type: 'takenOver' }>): Note {
  const { by, reason: message } = event;
  if (before.value !== 'asking') return { type: 'command.hand_over', message, facts: { by } };
  return { type: 'question.answered', message, facts: { by, answer: 'hand_over' } };
}

/** What happens to a question that nobody answers. */
export function wordOtherwise(otherwise: Otherwise): string {
  const words: Record<Otherwise, string> = {
    rollback: 'it is rolled back',
    monitor: 'it is only recorded',
    investigate: 'people are told until they acknowledge',
    hand_over: 'it is handed over',
  };
  return words[otherwise];
}

function sameDecision(before: Incident, after: Incident): boolean {
  const [was, is] = [before.context.decision, after.context.decision];
  return was?.action === is?.action && was?.reason === is?.reason && was?.halted === is?.halted;
}

function decisionNote({ value, context }: Incident): Note {
  const { decision } = context;
  return {
    type: 'decided',
    message: decision?.reason ?? context.reason,
    facts: {
      state: value,
      action: decision?.action ?? null,
      wanted: decision?.wanted ?? null,
      ...(decision?.answeredBy === undefined ? {} : { answeredBy: `policy of ${decision.answeredBy}` }),
      objections: (decision?.objections ?? []).map(({ guard, reason }) => `${guard}: ${reason}`),
    },
  };
}

export function closedNote(
  context: IncidentContext,
  {
    at,
    journalHead,
    data,
  }: { readonly at: number; readonly journalHead: string; readonly data: DataTally | null },
): Note {
  const tookMs = at - (context.marks.breachedAt ?? context.openedAt);
  return {
    type: 'incident.closed',
    message: `closed after ${formatDuration(tookMs)}: ${ending(context)}`,
    facts: {
      outcome: context.outcome,
      head: journalHead,
      ...(data === null ? {} : { data: tallyInWords(data) }),
      ...(context.marks.firstEffectAt === null ? {} : wayOf(context.plan)),
    },
  };
}

function ending({ outcome, reason, acknowledgedBy, marks }: IncidentContext): string {
  switch (outcome) {
    case 'recovered':
      return marks.firstEffectAt === null ? 'it recovered by itself, nothing was rolled back' : reason;
    case 'withdrawn':
      return `withdrawn: ${reason}`;
    case 'handed_over':
      return acknowledgedBy === null
        ? `${reason}; it had been handed over`
        : `acknowledged by ${acknowledgedBy}; it had been handed over: ${withoutVerb(reason)}`;
    case 'rolled_back':
    case null:
      return reason;
  }
}

export function handedOverNote(context: IncidentContext, byHand: readonly string[]): Note {
  return {
    type: 'incident.handed_over',
    message: `handed over, ${context.target} is yours now: ${withoutVerb(context.reason)}`,
    facts: {
      reason: context.reason,
      byHand,
      risk: context.plan === null ? null : riskOf(context.plan.steps),
    },
  };
}

/** Where the hand-over is the subject already, only its reason is told. */
function withoutVerb(reason: string): string {
  return reason.replace(/^(?:hands over(?::| because)|handed over) /, '');
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

/** From which release to which, by name. */
export function wayOf(plan: Plan | null): { readonly from?: string; readonly to?: string } {
  if (plan === null) return {};
  const { from, to } = plan;
  return {
    ...(from === null ? {} : { from: nameRelease(from) }),
    ...(to === null ? {} : { to: nameRelease(to) }),
  };
}

function levelFacts(level: FiredLevel) {
  const { rule, severity, detail, condition, since, firedAt } = level;
  return { rule, severity, detail, condition, since, firedAt };
}

/** UTC, to the second: the journal is read in several time zones. */
function time(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}
