import type { Json } from '../domain/json.ts';
import type { Message } from '../domain/ports/channel.ts';
import type { IncidentRow, NewEntry } from '../domain/ports/store.ts';
import { progressLine } from './progress.ts';

/** One transition of an incident, to be told to one channel. */
export interface Telling {
  /**
   * As journaled. These facts are told, where present: `detail` and `condition` (value and threshold), `from` and
   * `to` (releases by name), `steps`, `planDigest` with `dueAt`, `otherwise` and `people` of an open question,
   * `byHand` (commands) and `head` (of the journal).
   */
  readonly transition: Pick<NewEntry, 'at' | 'type' | 'message' | 'facts'>;
  /** The incident as it is after the transition. */
  readonly incident: IncidentRow;
  readonly channel: string;
}

/** Says a transition in plain text: what, why, how far, and what to type next. Pure. */
export function compose({ transition, incident, channel }: Telling): Message {
  const { at, type, message, facts } = transition;
  return {
    key: `${incident.id}/${type}/${at}/${channel}`,
    channel,
    incident: incident.id,
    at,
    title: titleOf(incident, message),
    text: [
      signalLine(incident, facts),
      releaseLine(facts),
      message.includes(incident.reason) ? null : `why: ${incident.reason}`,
      progressLine(incident.marks, at),
      ...stepLines(facts),
      ...questionLines(incident, facts),
      ...byHandLines(facts),
      headLine(facts),
      `more: rollbackd show ${incident.id}`,
    ]
      .filter((line) => line !== null)
      .join('\n'),
    urgent: isUrgent(incident),
    story: { type, message, facts, incident },
  };
}

/** Who it is about stands in front, once. */
function titleOf({ id, severity, target }: IncidentRow, message: string): string {
  const about = `${severity.toUpperCase()} on ${target}: `;
  const said = message.startsWith(about) ? message.slice(about.length) : message;
  return `${severity.toUpperCase()} ${target} ${id}: ${said}`;
}

type Facts = Readonly<Record<string, Json>>;

/** Loud while people must act, or while something critical goes on. */
function isUrgent({ state, severity, closedAt }: IncidentRow): boolean {
  if (state === 'asking' || state === 'handed_over' || state === 'halted') return true;
  return severity === 'critical' && closedAt === null;
}

function signalLine({ rule }: IncidentRow, facts: Facts): string {
  const value = text(facts, 'detail');
  const threshold = text(facts, 'condition');
  return [`rule: ${rule}`, value, threshold === null ? null : `threshold ${threshold}`]
    .filter((part) => part !== null)
    .join(', ');
}

function releaseLine(facts: Facts): string | null {
  const from = text(facts, 'from');
  const to = text(facts, 'to');
  if (from !== null) return `release: ${from} → ${to ?? 'none'}`;
  return to === null ? null : `release: back to ${to}`;
}

function stepLines(facts: Facts): string[] {
  return texts(facts, 'steps').map((step, index) => `step ${index + 1}: ${step}`);
}

function questionLines({ id, state }: IncidentRow, facts: Facts): string[] {
  const digest = text(facts, 'planDigest');
  if (state !== 'asking' || digest === null) return [];
  const people = facts['people'];
  const { dueAt } = facts;
  const otherwise = (text(facts, 'otherwise') ?? 'hand_over').replace('_', ' ');
  return [
    ...(typeof dueAt === 'number' ? [`answer until ${utc(dueAt)}, otherwise ${otherwise}`] : []),
    ...(typeof people === 'number' && people > 1 ? [`needs ${people} people`] : []),
    `approve: rollbackd approve ${id} --plan ${digest}`,
    `reject: rollbackd reject ${id} --plan ${digest}`,
  ];
}

function byHandLines(facts: Facts): string[] {
  return texts(facts, 'byHand').map((command) => `by hand: ${command}`);
}

function headLine(facts: Facts): string | null {
  const head = text(facts, 'head');
  return head === null ? null : `journal head: ${head}`;
}

function text(facts: Facts, name: string): string | null {
  const value = facts[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function texts(facts: Facts, name: string): string[] {
  const value = facts[name];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** `2026-01-05 12:15:00 UTC`: readers sit in several time zones. */
function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
