import { RollbackError } from '../../domain/errors.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { WebApi } from './web-api.ts';
import { slackWord, type SlackAnswer } from './web-api-errors.ts';

/** Marks messages of ours, so that they are found again. */
export const eventType = 'rollbackd_message';

/** What a message carries unseen: the keys of what it tells. */
export function metadataOf(keys: readonly string[]): Readonly<Record<string, unknown>> {
  return { event_type: eventType, event_payload: { keys } };
}

export interface Looking {
  readonly api: WebApi;
  readonly channel: string;
  /** Slack's id of our app: metadata of others is not believed. */
  readonly app: string;
  readonly log: Log;
}

/** A message of ours that is there. */
export interface Found {
  readonly ts: string;
  readonly keys: readonly string[];
}

/** Pages of 100; more were not posted between an attempt and its repetition. */
const mostPages = 10;

/**
 * Finds what is already in Slack. Where Slack does not allow to look, that is said once in the log, and nothing is
 * found: a message that stands there twice is better than none.
 */
export class Finder {
  readonly #looking: Looking;
  #told = false;

  constructor(looking: Looking) {
    this.#looking = looking;
  }

  /** The latest message of the channel that tells `key`, since `oldestAt` (epoch ms); null when there is none. */
  async inChannel(key: string, oldestAt: number, signal: AbortSignal): Promise<string | null> {
    const oldest = String(Math.floor(oldestAt / 1000));
    const found = await this.#messages('conversations.history', { oldest }, signal);
    return found.find(({ keys }) => keys.includes(key))?.ts ?? null;
  }

  /** All that is told in a thread, by key. */
  async inThread(ts: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const found = await this.#messages('conversations.replies', { ts }, signal);
    return new Set(found.flatMap(({ keys }) => keys));
  }

  async #messages(
    method: string,
    args: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly Found[]> {
    const { api, channel } = this.#looking;
    const found: Found[] = [];
    let cursor = '';
    try {
      for (let page = 0; page < mostPages; page += 1) {
        const more = cursor === '' ? {} : { cursor };
        const all = { channel, include_all_metadata: true, limit: 100, ...args, ...more };
        const answer = await api.call(method, all, signal);
        found.push(...this.#ours(answer));
        cursor = nextOf(answer);
        if (cursor === '') break;
      }
    } catch (error) {
      if (!this.#mayGoOn(method, error)) throw error;
    }
    return found;
  }

  #mayGoOn(method: string, error: unknown): boolean {
    const word = slackWord(error);
    // A thread that is gone holds nothing.
    if (word === 'thread_not_found' || word === 'message_not_found') return true;
    const forbidden =
      word === 'missing_scope' || (error instanceof RollbackError && error.code === 'REFUSED');
    if (forbidden && !this.#told) {
      this.#told = true;
      this.#looking.log.warn(
        { method, error: error instanceof Error ? error.message : '' },
        'Slack does not let rollbackd look for its messages, so after a failure one may stand there twice',
      );
    }
    return forbidden;
  }

  #ours({ messages }: SlackAnswer): readonly Found[] {
    if (!Array.isArray(messages)) return [];
    return (messages as readonly unknown[]).flatMap((message) => foundIn(message, this.#looking.app) ?? []);
  }
}

function foundIn(message: unknown, app: string): Found | null {
  if (message === null || typeof message !== 'object') return null;
  const { ts, app_id: from, metadata } = message as SlackAnswer;
  if (typeof ts !== 'string' || (from !== undefined && from !== app)) return null;
  const { event_type: type, event_payload: payload } = (metadata ?? {}) as SlackAnswer;
  const { keys } = (payload ?? {}) as SlackAnswer;
  if (type !== eventType || !Array.isArray(keys)) return null;
  return { ts, keys: keys.filter((key) => typeof key === 'string') };
}

function nextOf({ response_metadata: metadata }: SlackAnswer): string {
  const { next_cursor: cursor } = (metadata ?? {}) as SlackAnswer;
  return typeof cursor === 'string' ? cursor : '';
}
