import { canonical, type Json } from '../../domain/json.ts';
import type { Message } from '../../domain/ports/channel.ts';
import type { IncidentRow } from '../../domain/ports/store.ts';
import type { Links } from '../compose.ts';

/** Grows when a member changes its meaning or goes; new members may come without. */
export const bodyVersion = 1;

/** Of the whole body. Facts go first: what a receiver must know stands beside them. */
const maxBytes = 256 * 1024;
/** Of a sentence. A character that is cut in half would be no JSON to some. */
const longest = 10_000;

export interface BodyParts {
  readonly message: Message;
  readonly environment: string;
  readonly links: Links;
}

/** A message as JSON for machines, as docs/notifications.md describes it: texts are data there, and left as they are. */
export function webhookBody(parts: BodyParts): string {
  const { message, environment } = parts;
  const { story, key, title, text, urgent } = message;
  const facts = story?.facts ?? {};
  const isShort = Buffer.byteLength(canonical(facts)) <= maxBytes / 2;
  return JSON.stringify({
    version: bodyVersion,
    key,
    at: instant(message.at),
    environment,
    type: story?.type ?? 'notice',
    title,
    text,
    urgent,
    incident: story === null ? null : incidentOf(story.incident),
    message: story?.message.slice(0, longest).toWellFormed() ?? null,
    facts: isShort ? facts : { cut: true },
    links: linksOf(parts),
  });
}

function incidentOf({ openedAt, closedAt, marks, ...row }: IncidentRow): Json {
  const { id, target, severity, rule, state, outcome, reason } = row;
  return {
    id,
    target,
    severity,
    rule,
    state,
    outcome,
    reason: reason.slice(0, longest).toWellFormed(),
    openedAt: instant(openedAt),
    closedAt: instant(closedAt),
    marks: Object.fromEntries(Object.entries(marks).map(([name, at]) => [name, instant(at)])),
  };
}

function linksOf({ message: { story }, links }: BodyParts): Json {
  if (story === null) return { incident: null, report: null, approval: null };
  const { ticket, dueAt } = story.facts;
  const isAsked =
    story.incident.state === 'asking' && typeof ticket === 'string' && typeof dueAt === 'number';
  return {
    incident: links.incident(story.incident.id),
    report: story.incident.closedAt === null ? null : links.report(story.incident.id),
    approval: isAsked ? links.approval(ticket, dueAt) : null,
  };
}

function instant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
