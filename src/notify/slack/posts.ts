import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { IncidentView } from '../../domain/ports/daemon.ts';
import { MINUTE } from '../../domain/time.ts';
import type { SlackAppOptions } from './app-channel.ts';
import { asked } from './card/view.ts';
import type { Rendered } from './card/blocks.ts';
import { card } from './card/card.ts';
import { metadataOf, type Finder } from './looking.ts';
import { placeFrom, storedPlace, type Place } from './place.ts';
import type { WebApi } from './web-api.ts';
import { slackWord } from './web-api-errors.ts';

export interface PostsOptions extends Pick<
  SlackAppOptions,
  'app' | 'store' | 'contacts' | 'page' | 'clock' | 'log'
> {
  readonly api: WebApi;
  readonly finder: Finder;
  readonly name: string;
}

/** Where a card is, and why it does not show the latest, to be tried again. */
export interface Shown {
  readonly place: Place;
  readonly trouble: Error | null;
  /** It was posted just now. */
  readonly isNew: boolean;
}

/** How a message is posted. */
export interface Posting {
  readonly keys: readonly string[];
  /** Time stamp of the message that it answers. */
  readonly thread?: string;
  /** Shown in the channel, too. */
  readonly loud?: boolean;
}

/** Cards that were sent as they are are not sent again; more incidents are not open at once. */
const mostRemembered = 200;

/** Messages in the channel: one card an incident, and what else is posted. Not to be called twice at once for one incident. */
export class Posts {
  readonly #options: PostsOptions;
  /** What the card of an incident shows, by incident. */
  readonly #sent = new Map<string, string>();

  constructor(options: PostsOptions) {
    this.#options = options;
  }

  /** Makes the card of an incident show it as it is, posting it where there is none. */
  async show(incident: IncidentView, inDoubt: boolean, signal: AbortSignal): Promise<Shown> {
    const kept = await this.#placeOf(incident.id);
    const place = kept ?? (inDoubt ? await this.#find(incident, signal) : null);
    if (place === null) return { place: await this.#postCard(incident, signal), trouble: null, isNew: true };
    if (kept === null) await this.#keep(incident.id, place);
    try {
      return { place: await this.#edit(incident, place, signal), trouble: null, isNew: false };
    } catch (error) {
      // Slack asks for a rest, or we are to stop: then nothing else is tried either.
      if (!(error instanceof RollbackError) || error.code === 'ABORTED' || 'retryAfterMs' in error.facts)
        throw error;
      if (error.code === 'UNREACHABLE') return { place, trouble: error, isNew: false };
      const facts = { incident: incident.id, error: messageOf(error) };
      this.#options.log.warn(facts, `the card of ${incident.id} in Slack cannot be edited`);
      return { place, trouble: null, isNew: false };
    }
  }

  /** Makes a card that is there show the incident as it is; without one nothing happens. */
  async editWhereItIs(
    incident: string,
    view: () => Promise<IncidentView | null>,
    signal: AbortSignal,
  ): Promise<void> {
    const place = await this.#placeOf(incident);
    const now = place === null ? null : await view();
    if (place !== null && now !== null) await this.#edit(now, place, signal);
  }

  /** @returns its time stamp */
  async post(
    rendered: Rendered,
    { keys, thread, loud = false }: Posting,
    signal: AbortSignal,
  ): Promise<string> {
    const { api, app } = this.#options;
    const where =
      thread === undefined ? {} : { thread_ts: thread, ...(loud ? { reply_broadcast: true } : {}) };
    const message = { ...where, ...harmless, mrkdwn: false, metadata: metadataOf(keys), text: rendered.text };
    const all = { channel: app.channel, ...message, unfurl_links: false, unfurl_media: false };
    try {
      const answer = await api.call('chat.postMessage', { ...all, blocks: rendered.blocks }, signal);
      return stampIn(answer['ts']);
    } catch (error) {
      const word = slackWord(error);
      if (word === null || !blocksRefused.has(word)) throw error;
      this.#options.log.warn(
        { error: messageOf(error) },
        'Slack refused blocks; the message is posted as text',
      );
      return stampIn((await api.call('chat.postMessage', all, signal))['ts']);
    }
  }

  async #placeOf(incident: string): Promise<Place | null> {
    const { store, name, app } = this.#options;
    return placeFrom(await store.post(name, incident), app.channel);
  }

  async #keep(incident: string, place: Place): Promise<void> {
    const { store, name } = this.#options;
    await store.putPost(name, incident, storedPlace(place));
  }

  async #find({ id, openedAt }: IncidentView, signal: AbortSignal): Promise<Place | null> {
    const { finder, app } = this.#options;
    const ts = await finder.inChannel(cardKey(id), openedAt - lookBackMs, signal);
    return ts === null ? null : { channel: app.channel, ts, report: null };
  }

  async #postCard(incident: IncidentView, signal: AbortSignal): Promise<Place> {
    const rendered = this.#render(incident);
    const ts = await this.post(rendered, { keys: [cardKey(incident.id)] }, signal);
    const place = { channel: this.#options.app.channel, ts, report: null };
    await this.#keep(incident.id, place);
    this.#remember(incident.id, ts, rendered);
    return place;
  }

  async #edit(incident: IncidentView, place: Place, signal: AbortSignal): Promise<Place> {
    const rendered = this.#render(incident);
    if (this.#sent.get(incident.id) === contentOf(place.ts, rendered)) return place;
    const { channel, ts } = place;
    const metadata = metadataOf([cardKey(incident.id)]);
    try {
      await this.#options.api.call(
        'chat.update',
        { channel, ts, ...harmless, ...rendered, metadata },
        signal,
      );
    } catch (error) {
      const word = slackWord(error);
      if (word === null || !gone.has(word)) throw error;
      return this.postAgain(incident, place, signal);
    }
    this.#remember(incident.id, ts, rendered);
    return place;
  }

  /** For a card that was deleted, or is another app's by now. The one posted instead may be there already. */
  async postAgain(incident: IncidentView, lost: Place, signal: AbortSignal): Promise<Place> {
    const found = await this.#find(incident, signal);
    const place = found === null || found.ts === lost.ts ? await this.#postCard(incident, signal) : found;
    const kept = { ...place, report: lost.report };
    await this.#keep(incident.id, kept);
    return kept;
  }

  #render(incident: IncidentView): Rendered {
    const { contacts, page, clock } = this.#options;
    const open = asked(incident);
    const ticket = open?.question.ticket ?? '';
    return card({
      incident,
      contacts: contacts(),
      page: open === null || ticket === '' ? null : page(ticket, open.question.dueAt),
      now: clock.now(),
    });
  }

  #remember(incident: string, ts: string, rendered: Rendered): void {
    this.#sent.delete(incident);
    this.#sent.set(incident, contentOf(ts, rendered));
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > mostRemembered && oldest !== undefined) this.#sent.delete(oldest);
  }
}

/** In our own texts, too, Slack is to look for nothing. */
const harmless = { parse: 'none', link_names: false } as const;

const lookBackMs = 10 * MINUTE;

/** There is no such message any more, or it is not ours to edit. */
const gone: ReadonlySet<string> = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

const blocksRefused: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
]);

function cardKey(incident: string): string {
  return `${incident}/card`;
}

function contentOf(ts: string, rendered: Rendered): string {
  return `${ts} ${JSON.stringify(rendered)}`;
}

function stampIn(ts: unknown): string {
  if (typeof ts === 'string' && ts !== '') return ts;
  throw new RollbackError(
    'UNREACHABLE',
    'Slack answered chat.postMessage without the time stamp of the message; it is looked for and posted again',
  );
}
