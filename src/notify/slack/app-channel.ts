import type { Contact, SlackApp } from '../../domain/notification.ts';
import type { Channel, Delivery, Message } from '../../domain/ports/channel.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { IncidentView, Report } from '../../domain/ports/daemon.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Store } from '../../domain/ports/store.ts';
import { reply } from './card/reply.ts';
import { Finder } from './looking.ts';
import { OneAtATime } from './one-at-a-time.ts';
import type { Place } from './place.ts';
import { Posts, type Shown } from './posts.ts';
import { Refreshing } from './refreshing.ts';
import { attachReport } from './report-file.ts';
import { webApi } from './web-api.ts';
import { slackWord } from './web-api-errors.ts';

export interface SlackAppOptions {
  readonly app: SlackApp;
  readonly store: Pick<Store, 'post' | 'putPost'>;
  /** The incident as it is now; null when there is none of that name. */
  readonly view: (incident: string) => Promise<IncidentView | null>;
  readonly report: (incident: string) => Promise<Report | null>;
  /** Who may have to be called, as configured now. */
  readonly contacts: () => readonly Contact[];
  /** The page on which a question can be answered in a browser; null where there is none. */
  readonly page: (ticket: string, dueAt: number) => string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly name?: string;
  readonly timeoutMs?: number;
}

/** `slack`, by an app. */
export interface SlackAppChannel extends Channel {
  /**
   * Edits the card of an incident to what it is now, at most once a second. Never rejects: a card that could not be
   * edited is edited with the next message.
   */
  refresh(incident: string): void;
  run(signal: AbortSignal): Promise<void>;
  /** Resolves once no edit is under way or due. */
  refreshed(): Promise<void>;
}

/** Joined, the story of a busy minute is still read in one look. */
const joins = 20;

/**
 * One incident is one message, a card that is edited, and its thread, in which each transition is told once and in
 * order. Killed between any two calls, it goes on where it stood: what may have got through is looked for by its key.
 */
export function slackAppChannel(options: SlackAppOptions): SlackAppChannel {
  const { app, log, clock, name = 'slack', view } = options;
  const api = webApi(options);
  const finder = new Finder({ api, channel: app.channel, app: app.app, log });
  const posts = new Posts({ ...options, api, finder, name });
  const turns = new OneAtATime();
  const refreshing = new Refreshing({
    clock,
    log,
    edit: (incident, signal) =>
      turns.run(incident, () => posts.editWhereItIs(incident, () => view(incident), signal)),
  });
  const send = async (messages: Messages, delivery: Delivery, signal: AbortSignal): Promise<void> => {
    const [{ incident }] = messages;
    const known = incident === null ? null : await view(incident);
    if (known === null) await tellChannel(messages, delivery, signal);
    else await turns.run(known.id, () => tellIncident(known, messages, delivery, signal));
  };

  /** What is of no incident. */
  async function tellChannel(messages: Messages, { inDoubt }: Delivery, signal: AbortSignal): Promise<void> {
    const keys = messages.map(({ key }) => key);
    const [{ key, at }] = messages;
    if (inDoubt && (await finder.inChannel(key, at - lookBackMs, signal)) !== null) return;
    await posts.post(reply(messages, options.contacts()), { keys }, signal);
  }

  async function tellIncident(
    known: IncidentView,
    messages: Messages,
    { inDoubt, attempts }: Delivery,
    signal: AbortSignal,
  ): Promise<void> {
    const { id } = known;
    // Another edit may have gone before while this waited for its turn.
    const now = (await view(id)) ?? known;
    // The card first: whom the thread calls finds buttons on it.
    const shown = await posts.show(now, inDoubt, signal);
    const told = inDoubt ? await finder.inThread(shown.place.ts, signal) : new Set<string>();
    const missing = messages.filter(({ key }) => !told.has(key));
    const place = missing.length === 0 ? shown.place : await tellThread(now, shown, missing, signal);
    if (messages.some(isClosing))
      await attachReport({ ...options, api, name, incident: id, place, attempts }, signal);
    if (shown.trouble !== null) throw shown.trouble;
  }

  /** @returns where the card is, which is elsewhere when its thread is gone */
  async function tellThread(
    now: IncidentView,
    { place, isNew }: Shown,
    messages: readonly Message[],
    signal: AbortSignal,
  ): Promise<Place> {
    const keys = messages.map(({ key }) => key);
    // A new card is heard by itself.
    const posting = { keys, loud: !isNew && messages.some(isLoud) };
    const told = reply(messages, options.contacts());
    try {
      await posts.post(told, { ...posting, thread: place.ts }, signal);
      return place;
    } catch (error) {
      if (slackWord(error) !== 'thread_not_found') throw error;
      const again = await posts.postAgain(now, place, signal);
      await posts.post(told, { ...posting, thread: again.ts }, signal);
      return again;
    }
  }

  return {
    name,
    joins,
    send,
    run: (signal) => refreshing.run(signal),
    refresh: (incident) => refreshing.refresh(incident),
    refreshed: () => refreshing.idle(),
  };
}

type Messages = readonly [Message, ...(readonly Message[])];

/** Clocks differ. */
const lookBackMs = 10 * 60_000;

function isClosing({ story }: Message): boolean {
  return story?.type === 'incident.closed';
}

/** Edits make no sound: what somebody must act on is shown in the channel, too, as a message of its own. */
const loud: ReadonlySet<string> = new Set([
  'question.asked',
  'question.reminder',
  'rollback.holding',
  'incident.handed_over',
  'incident.reminder',
]);

function isLoud({ urgent, story }: Message): boolean {
  return urgent && story !== null && loud.has(story.type);
}
