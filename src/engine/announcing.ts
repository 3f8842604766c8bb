import { controlKeys, type Announced } from '../domain/controls.ts';
import type { Announcement, announcementNames, Communication } from '../domain/notification.ts';
import type { IncidentRow } from '../domain/ports/store.ts';
import { formatDuration } from '../domain/time.ts';
import type { Book } from './book.ts';
import { rowOf, type Case } from './case.ts';
import type { Core } from './core.ts';
import type { Moves } from './moves.ts';
import { leadOf, playbookFor, wantedBy } from './situation.ts';
import type { Turn } from './turn.ts';

/** Plans of which something is told a beat: a decision does not wait until all of them are carried out. */
const mostPlans = 100;

/** An announcement with its number in its plan, from 1. */
interface Numbered {
  readonly number: number;
  readonly announcement: Announcement;
}

/**
 * Notes that people are to be told of an incident by the communication plan of the playbook that it would follow.
 * Incidents that follow none, because they only tell or because something is in shadow, have no plan.
 */
export function beginAnnouncing(flow: Pick<Moves, 'book'>, turn: Turn, open: Case): void {
  const { id, openedAt } = open.incident.context;
  const communication = communicationFor(flow.book, open);
  if (communication === null || announcedOf(flow.book, id) !== null) return;
  const begun: Announced = { communication, openedAt, closedAt: null, done: [] };
  turn.control(controlKeys.announced(id), { ...begun });
}

/** Some of it is due only now that the incident is closed, and some no more. */
export function closeAnnouncing(book: Book, turn: Turn, incident: string): void {
  const announced = announcedOf(book, incident);
  if (announced !== null) turn.control(controlKeys.announced(incident), { ...announced, closedAt: turn.at });
}

/** Tells what is due of all communication plans: each announcement once, also over restarts. */
export async function announceDue(core: Core): Promise<void> {
  const { book, parts } = core;
  const at = parts.clock.now();
  const late = book
    .open()
    .filter((open) => isUnplanned(book, open))
    .slice(0, mostPlans);
  const due = incidentsWithPlans(book)
    .filter(({ id, announced }) => hasNews(book, id, announced, at))
    .slice(0, mostPlans);
  if (late.length + due.length === 0) return;
  const past = await closedAmong(
    core,
    due.map(({ id }) => id),
  );
  await core.turn((turn, flow) => {
    for (const open of late)
      if (book.find(open.incident.context.id) === open) beginAnnouncing(flow, turn, open);
    for (const { id } of due) announceOf(turn, book, id, past);
  });
}

/** What led it at first may have followed no playbook, or one without a plan. */
function isUnplanned(book: Book, open: Case): boolean {
  return (
    Object.keys(book.configuration.communications).length > 0 &&
    announcedOf(book, open.incident.context.id) === null &&
    communicationFor(book, open) !== null
  );
}

function communicationFor(book: Book, open: Case): string | null {
  const { configuration } = book;
  const target = book.target(open.incident.context.target);
  const lead = leadOf(book, open);
  if (target === null || (lead === null && open.incident.context.origin.by === 'signals')) return null;
  const { want } = wantedBy(lead);
  if (!('playbook' in want) || [configuration.mode, target.mode, lead?.rule.mode].includes('shadow'))
    return null;
  const communication = playbookFor(book, open, target, want)?.communication ?? null;
  return communication !== null && communication in configuration.communications ? communication : null;
}

function incidentsWithPlans(book: Book): readonly { readonly id: string; readonly announced: Announced }[] {
  const prefix = controlKeys.announced('');
  return [...book.controlsOf<Announced>('announced:')].map(([key, announced]) => ({
    id: key.slice(prefix.length),
    announced,
  }));
}

function announcedOf(book: Book, incident: string): Announced | null {
  return book.control<Announced>(controlKeys.announced(incident));
}

/** Rows of the incidents that are closed; null where one is past retention. */
async function closedAmong(
  core: Core,
  ids: readonly string[],
): Promise<ReadonlyMap<string, IncidentRow | null>> {
  const closed = ids.filter((id) => core.book.find(id) === null);
  return new Map(
    await Promise.all(closed.map(async (id) => [id, await core.parts.store.incident(id)] as const)),
  );
}

/** Tells what is due of one plan, and forgets a plan that is carried out. */
function announceOf(
  turn: Turn,
  book: Book,
  id: string,
  closed: Awaited<ReturnType<typeof closedAmong>>,
): void {
  const announced = announcedOf(book, id);
  const open = book.find(id);
  // It closed since it was looked at: the next beat sees it as closed.
  if (announced === null || (open === null && !closed.has(id))) return;
  const past = open === null ? (closed.get(id) ?? null) : null;
  const plan = planOf(book, announced);
  const row = open === null ? past : rowOf(open);
  const key = controlKeys.announced(id);
  if (plan === null || row === null) return turn.control(key, null);
  const due = dueOf(plan, announced, turn.at);
  for (const numbered of due) turn.note(noteOf(announced.communication, numbered, row, turn.at), open, past);
  const dropped = announced.closedAt === null ? [] : numbersOf(plan, ({ when }) => when === 'open');
  const done = [...new Set([...announced.done, ...due.map(({ number }) => number), ...dropped])];
  const isOver =
    announced.closedAt !== null && numbersOf(plan, () => true).every((one) => done.includes(one));
  turn.control(key, isOver ? null : { ...announced, done });
}

/** Something is to be told, or the plan is at its end. */
function hasNews(book: Book, id: string, announced: Announced, at: number): boolean {
  const plan = planOf(book, announced);
  if (plan === null) return announced.closedAt !== null;
  if (dueOf(plan, announced, at).length > 0) return true;
  if (announced.closedAt === null || book.find(id) !== null) return false;
  const rest = numbersOf(plan, ({ when }) => when !== 'open').filter((one) => !announced.done.includes(one));
  return rest.length === 0;
}

function planOf({ configuration }: Book, { communication }: Announced): Communication | null {
  return configuration.communications[communication] ?? null;
}

function dueOf({ announcements }: Communication, announced: Announced, at: number): readonly Numbered[] {
  const { openedAt, closedAt, done } = announced;
  return announcements
    .map((announcement, index): Numbered => ({ number: index + 1, announcement }))
    .filter(
      ({ number, announcement: { afterMs, when } }) =>
        !done.includes(number) &&
        openedAt + afterMs <= at &&
        (when === 'always' || (when === 'closed') === (closedAt !== null)),
    );
}

function numbersOf(
  { announcements }: Communication,
  which: (one: Announcement) => boolean,
): readonly number[] {
  return announcements.flatMap((announcement, index) => (which(announcement) ? [index + 1] : []));
}

function noteOf(communication: string, { number, announcement }: Numbered, row: IncidentRow, at: number) {
  const { to: audience, say } = announcement;
  const text = filled(say, row, at);
  const message = `announced to the ${audience} audience: ${text}`;
  return { type: 'announcement', message, facts: { communication, audience, number, text } };
}

/** Fills in the words of a template. What is none of them was refused with the configuration. */
function filled(template: string, row: IncidentRow, at: number): string {
  const since = row.marks.breachedAt ?? row.openedAt;
  const words: Record<(typeof announcementNames)[number], string> = {
    incident: row.id,
    target: row.target,
    severity: row.severity.toUpperCase(),
    state: row.state.replaceAll('_', ' '),
    outcome: row.outcome === null ? 'still open' : row.outcome.replaceAll('_', ' '),
    reason: row.reason,
    since: wordTime(since),
    lasted: formatDuration((row.closedAt ?? at) - since),
  };
  return template.replaceAll(/\$\{([^}]*)\}/g, (whole, name: string) =>
    Object.hasOwn(words, name) ? words[name as keyof typeof words] : whole,
  );
}

function wordTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
