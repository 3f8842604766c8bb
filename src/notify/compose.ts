import type { Json } from '../domain/json.ts';
import type { Contact } from '../domain/notification.ts';
import type { Message } from '../domain/ports/channel.ts';
import type { ApprovalLinks } from '../domain/ports/links.ts';
import type { IncidentRow, NewEntry } from '../domain/ports/store.ts';
import { formatDuration } from '../domain/time.ts';
import { contactLines, type Matter } from './contact-lines.ts';
import { inertLine, inertLines } from './inert.ts';
import { progressLine } from './progress.ts';

/** One transition of an incident, to be told to one channel. */
export interface Telling {
  /**
   * As journaled. These facts are told, where present: `detail` and `condition` (value and threshold), `since` and
   * `firedAt` (for how long it breached), `from` and `to` (releases by name), `steps`, `planDigest` with `dueAt`,
   * `otherwise`, `people`, `role`, `risk` and `ticket` of an open question, `byHand` (commands), `data` (what
   * became of records) and `head` (of the journal).
   */
  readonly transition: Pick<NewEntry, 'at' | 'type' | 'message' | 'facts'>;
  /** The incident as it is after the transition. */
  readonly incident: IncidentRow;
  readonly channel: string;
  readonly contacts: readonly Contact[];
  /** What the leading rule is about. */
  readonly matter: Matter;
  readonly links: Links;
}

/** Where more is to be had; null without a public address. */
export interface Links {
  /** A page for people. */
  readonly approval: ApprovalLinks;
  /** In the API, with a token. */
  readonly incident: (id: string) => string | null;
  readonly report: (id: string) => string | null;
}

export const noLinks: Links = { approval: () => null, incident: () => null, report: () => null };

/** Characters that a title, a line and a text may have; names and reasons come from the world. */
export const longest = { title: 300, line: 1_000, text: 20_000 } as const;
/** What stands behind a long list must not be cut: the question, and whom to call. */
const mostListed = 20;
const longestStep = 300;

/** Says a transition in plain text: what, why, how far, and what to type next. Pure. */
export function compose(telling: Telling): Message {
  const { transition, incident, channel } = telling;
  const { at, type, message, facts } = transition;
  const title = titleOf(incident, message);
  // What a title has no room for is said whole beneath it.
  const whole = title.length > longest.title ? [message] : [];
  return {
    key: `${incident.id}/${type}/${at}/${channel}`,
    channel,
    incident: incident.id,
    at,
    title: inertLine(title, longest.title),
    text: inertLines(
      [...whole, ...linesOf(telling)].map((line) => inertLine(line, longest.line)).join('\n'),
      longest.text,
    ),
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
  if (state === 'asking' || state === 'handed_over' || state === 'halted' || state === 'holding') return true;
  return severity === 'critical' && closedAt === null;
}

function linesOf(telling: Telling): string[] {
  const { transition, incident, links } = telling;
  const { at, type, message, facts } = transition;
  return [
    signalLine(incident, facts),
    heldLine(facts),
    releaseLine(facts),
    message.includes(incident.reason) ? null : `why: ${incident.reason}`,
    progressLine(incident.marks, at),
    ...stepLines(facts),
    ...questionLines(incident, facts, links),
    ...byHandLines(facts),
    ...whomToCall(telling),
    dataLine(facts),
    headLine(facts),
    `more: rollbackd show ${incident.id}`,
    type === 'incident.closed' ? `report: rollbackd report ${incident.id}` : null,
  ].filter((line) => line !== null);
}

function signalLine({ rule }: IncidentRow, facts: Facts): string {
  const value = text(facts, 'detail');
  const threshold = text(facts, 'condition');
  return [`rule: ${rule}`, value, threshold === null ? null : `threshold ${threshold}`]
    .filter((part) => part !== null)
    .join(', ');
}

/** For how long it breached until that was enough. */
function heldLine(facts: Facts): string | null {
  const { since, firedAt } = facts;
  if (typeof since !== 'number' || typeof firedAt !== 'number') return null;
  const held = firedAt > since ? `, ${formatDuration(firedAt - since)} until it fired` : '';
  return `breaching since ${utc(since)}${held}`;
}

function releaseLine(facts: Facts): string | null {
  const from = text(facts, 'from');
  const to = text(facts, 'to');
  if (from !== null) return `release: ${from} → ${to ?? 'none'}`;
  return to === null ? null : `release: back to ${to}`;
}

function stepLines(facts: Facts): string[] {
  return listed(facts, 'steps', (step, index) => `step ${index + 1}: ${inertLine(step, longestStep)}`);
}

function questionLines({ id, state }: IncidentRow, facts: Facts, links: Links): string[] {
  const digest = text(facts, 'planDigest');
  if (state !== 'asking' || digest === null) return [];
  const { dueAt, people } = facts;
  const ticket = text(facts, 'ticket');
  const otherwise = (text(facts, 'otherwise') ?? 'hand_over').replace('_', ' ');
  const link = ticket !== null && typeof dueAt === 'number' ? links.approval(ticket, dueAt) : null;
  return [
    ...(text(facts, 'risk') === 'destructive-data' ? ['risk: this plan can destroy data'] : []),
    ...(typeof dueAt === 'number' ? [`answer until ${utc(dueAt)}, otherwise ${otherwise}`] : []),
    ...(typeof people === 'number' && people > 1 ? [`needs ${people} people${orDba(facts)}`] : []),
    ...(link === null ? [] : [`decide: ${link}`]),
    `approve: rollbackd approve ${id} --plan ${digest}`,
    `reject: rollbackd reject ${id} --plan ${digest}`,
  ];
}

function orDba(facts: Facts): string {
  return facts['role'] === 'dba' ? ', or a DBA' : '';
}

function byHandLines(facts: Facts): string[] {
  return listed(facts, 'byHand', (command) => `by hand: ${command}`);
}

/** Whoever owns the problem now, or can answer what not everybody may. */
function whomToCall({ transition, contacts, matter }: Telling): string[] {
  const { type, facts } = transition;
  const isDestructive = facts['risk'] === 'destructive-data' || facts['role'] === 'dba';
  if (type === 'rollback.holding') return contactLines(contacts, 'data');
  if (type === 'incident.handed_over') return contactLines(contacts, isDestructive ? 'data' : matter);
  return type.startsWith('question.') && isDestructive ? contactLines(contacts, 'data') : [];
}

/** What became of the records that steps replaced. */
function dataLine(facts: Facts): string | null {
  const data = text(facts, 'data');
  return data === null ? null : `data: ${data}`;
}

function headLine(facts: Facts): string | null {
  const head = text(facts, 'head');
  return head === null ? null : `journal head: ${head}`;
}

function text(facts: Facts, name: string): string | null {
  const value = facts[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function listed(facts: Facts, name: string, say: (item: string, index: number) => string): string[] {
  const items = texts(facts, name);
  const more = items.length - mostListed;
  const lines = items.slice(0, mostListed).map(say);
  return more > 0 ? [...lines, `… and ${more} more`] : lines;
}

function texts(facts: Facts, name: string): string[] {
  const value = facts[name];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** `2026-01-05 12:15:00 UTC`: readers sit in several time zones. */
function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
