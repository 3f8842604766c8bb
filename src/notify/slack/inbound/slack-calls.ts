import type { WebClient } from '@slack/web-api';
import type { HttpClient } from '../../../clients/http.ts';
import { RollbackError, messageOf } from '../../../domain/errors.ts';
import type { Log } from '../../../domain/ports/log.ts';
import type { SlackApp } from '../../../domain/notification.ts';
import { SECOND } from '../../../domain/time.ts';
import { quietLogger } from './quiet-logger.ts';

export type Block = Readonly<Record<string, unknown>>;

/** Something said to one person alone. */
export interface Whisper {
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** What is asked of Slack when somebody clicks. Each call ends within some seconds; failures are `RollbackError`s. */
export interface SlackCalls {
  /** What `users.info` says. */
  user(id: string): Promise<Readonly<Record<string, unknown>>>;
  /** Ids of the members of a user group. */
  group(id: string): Promise<readonly string[]>;
  whisper(to: { readonly channel: string; readonly user: string }, whisper: Whisper): Promise<void>;
  /** To a `response_url`; refuses any address that is not Slack's. */
  respond(responseUrl: string, whisper: Whisper): Promise<void>;
  openView(trigger: string, view: Block): Promise<void>;
}

const timeoutMs = 4 * SECOND;

/** The calls by the real client, once each: who clicked is waiting, and a later click asks again. */
export async function slackCalls(options: {
  readonly app: SlackApp;
  readonly http: HttpClient;
  readonly log: Log;
}): Promise<SlackCalls> {
  const { app, http, log } = options;
  const { WebClient } = await import('@slack/web-api');
  const client = new WebClient(app.botToken.reveal(), {
    slackApiUrl: app.apiUrl,
    allowAbsoluteUrls: false,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    logger: quietLogger(log),
  });
  return {
    user: async (id) => {
      const { user } = await tried('users.info', () => client.users.info({ user: id }));
      return (user ?? {}) as Record<string, unknown>;
    },
    group: async (id) => {
      const answer = await tried('usergroups.users.list', () =>
        client.usergroups.users.list({ usergroup: id }),
      );
      if (Array.isArray(answer.users)) return answer.users;
      throw failure('usergroups.users.list', 'an answer without users');
    },
    whisper: (to, whisper) => whisperBy(client, to, whisper),
    respond: (url, whisper) => respondBy(http, app, url, whisper),
    openView: async (trigger, view) => {
      const opening = { trigger_id: trigger, view } as unknown as Parameters<WebClient['views']['open']>[0];
      await tried('views.open', () => client.views.open(opening));
    },
  };
}

async function whisperBy(
  client: WebClient,
  { channel, user }: Parameters<SlackCalls['whisper']>[0],
  { text, blocks }: Whisper,
): Promise<void> {
  const post = { channel, user, text, blocks } as unknown as Parameters<
    WebClient['chat']['postEphemeral']
  >[0];
  await tried('chat.postEphemeral', () => client.chat.postEphemeral(post));
}

async function respondBy(http: HttpClient, app: SlackApp, url: string, whisper: Whisper): Promise<void> {
  if (!isSlacks(url, app.apiUrl)) throw failure('response_url', 'an address that is not of Slack');
  const body = JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...whisper });
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  // The address is as good as a token for half an hour, so the error of the client, which names it, goes no further.
  const answer = await http
    .request({ method: 'POST', url, headers, body, timeoutMs, maxBytes: 16 * 1024 })
    .catch(() => null);
  if (answer?.status !== 200)
    throw failure('response_url', answer === null ? 'no answer' : `HTTP ${answer.status}`);
}

/** `https://hooks.slack.com/…`, or where the Web API was said to be. */
function isSlacks(url: string, apiUrl: string): boolean {
  const origin = URL.parse(url)?.origin;
  return origin === 'https://hooks.slack.com' || origin === URL.parse(apiUrl)?.origin;
}

async function tried<Answer>(method: string, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    throw failure(method, messageOf(error));
  }
}

function failure(method: string, came: string): RollbackError {
  return new RollbackError('UNREACHABLE', `Slack was asked for ${method} and gave ${came.slice(0, 200)}`, {
    method,
  });
}
