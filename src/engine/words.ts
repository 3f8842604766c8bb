import type { IncidentContext, IncidentEvent } from '../../state-machines/incident.context.ts';
import type { FiredLevel } from '../domain/incident.ts';
import { nameRelease } from '../domain/release.ts';
import type { Plan } from '../domain/plan.ts';
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
    message: `plan ${plan.digest} by ${plan.playbook}: ${from} → ${to}, ${plan.steps.length} steps`,
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

/** What one incident transition is called in the journal; null for those that other notes tell better. */
export function transitionNote(
  after: { value: string; context: IncidentContext },
  event: IncidentEvent,
): Note | null {
  const { context } = after;
  switch (event.type) {
    case 'judged':
    case 'planned':
      return decisionNote(after);
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
      return { type: 'question.answered', message: event.reason, facts: { answer: 'reject' } };
    case 'expired':
      return { type: 'question.expired', message: event.reason, facts: { otherwise: event.otherwise } };
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

function decisionNote({ value, context }: { value: string; context: IncidentContext }): Note {
  const { decision } = context;
  return {
    type: 'decided',
    message: decision?.reason ?? context.reason,
    facts: {
      state: value,
      action: decision?.action ?? null,
      wanted: decision?.wanted ?? null,
      objections: (decision?.objections ?? []).map(({ guard, reason }) => `${guard}: ${reason}`),
    },
  };
}

export function closedNote(context: IncidentContext, at: number, journalHead: string): Note {
  const tookMs = at - (context.marks.breachedAt ?? context.openedAt);
  return {
    type: 'incident.closed',
    message: `${context.outcome ?? 'closed'}: ${context.target} after ${formatDuration(tookMs)}: ${context.reason}`,
    facts: { outcome: context.outcome, head: journalHead },
  };
}

export function handedOverNote(context: IncidentContext, byHand: readonly string[]): Note {
  return {
    type: 'incident.handed_over',
    message: `handed over: ${context.target} is yours now: ${context.reason}`,
    facts: { reason: context.reason, byHand },
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
