import { WebClient, type WebClientOptions } from '@slack/web-api';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { SlackApp } from '../../domain/notification.ts';
import type { Log } from '../../domain/ports/log.ts';
import { formatDuration, SECOND } from '../../domain/time.ts';
import { quietLogger } from './inbound/quiet-logger.ts';
import { retryAfterMs, saidNo, type SlackAnswer } from './web-api-errors.ts';

type Fetch = NonNullable<WebClientOptions['fetch']>;

export interface WebApiOptions {
  readonly app: Pick<SlackApp, 'botToken' | 'apiUrl'>;
  readonly log: Log;
  readonly timeoutMs?: number;
}

/** Slack's Web API, one call at a time and each once: who calls decides what is repeated. */
export interface WebApi {
  /**
   * Rejects with `UNREACHABLE` (`facts.retryAfterMs` if Slack said so) when the same call may work later, also after
   * somebody repaired the token or the channel; with `REFUSED` when it never will. `facts.slack` is Slack's own word.
   */
  call(method: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<SlackAnswer>;
  /** Puts a file where `files.getUploadURLExternal` said. The token does not go there. */
  upload(url: string, content: Uint8Array, signal: AbortSignal): Promise<void>;
}

/** More than a page of messages ever is. */
const mostBytes = 8 * 1024 * 1024;

/** The API by Slack's own client, whose retries are off. The token stands in no error. */
export function webApi({ app, log, timeoutMs = 10 * SECOND }: WebApiOptions): WebApi {
  const { botToken, apiUrl } = app;
  const token = botToken.reveal();
  const options = {
    slackApiUrl: apiUrl,
    allowAbsoluteUrls: false,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: quietLogger(log),
  };
  return {
    call: async (method, args, signal) => {
      const deadline = AbortSignal.timeout(timeoutMs);
      const reply: Reply = { status: null, retryAfterMs: null };
      const watched = watchedFetch(reply, AbortSignal.any([signal, deadline]));
      try {
        const client = new WebClient(token, { ...options, fetch: watched });
        return { ...(await client.apiCall(method, args)) };
      } catch (error) {
        if (signal.aborted) throw interrupted(method);
        if (deadline.aborted) throw late(method, timeoutMs);
        throw failure(method, reply, error, token);
      }
    },
    upload: async (url, content, signal) => {
      const deadline = AbortSignal.timeout(timeoutMs);
      const answer = await post(checkedUrl(url, apiUrl), content, AbortSignal.any([signal, deadline]));
      if (signal.aborted) throw interrupted('an upload');
      if (answer?.ok !== true)
        throw new RollbackError(
          'UNREACHABLE',
          `Slack was given a file and gave ${answer === null ? 'no answer' : `HTTP ${answer.status}`}; it is uploaded again`,
        );
    },
  };
}

/** What came back, as far as it decides when to try again. */
interface Reply {
  status: number | null;
  retryAfterMs: number | null;
}

/** The client tells neither status nor headers of what it gives up on, takes no signal, and reads answers of any size. */
function watchedFetch(reply: Reply, signal: AbortSignal): Fetch {
  return async (url, init) => {
    const response = await fetch(url, { ...(init as RequestInit), redirect: 'error', signal });
    const { status, headers } = response;
    reply.retryAfterMs = retryAfterMs(headers.get('retry-after'));
    const body = await bodyOf(response);
    // An answer that breaks off is none.
    reply.status = status;
    return new Response(body, { status, headers });
  };
}

async function bodyOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > mostBytes) throw new Error(`an answer of more than ${mostBytes} bytes`);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** The address comes from Slack's answer, and is not followed anywhere else but by HTTPS or to where the API is. */
function checkedUrl(url: string, apiUrl: string): string {
  const parsed = URL.parse(url);
  if (parsed?.protocol === 'https:' || (parsed !== null && parsed.origin === URL.parse(apiUrl)?.origin))
    return url;
  throw new RollbackError(
    'REFUSED',
    'Slack said to upload a file to an address without https; it is not sent',
  );
}

async function post(url: string, content: Uint8Array, signal: AbortSignal): Promise<Response | null> {
  try {
    const body = new Uint8Array(content);
    const response = await fetch(url, { method: 'POST', body, redirect: 'error', signal });
    await response.body?.cancel();
    return response;
  } catch {
    return null;
  }
}

function interrupted(method: string): RollbackError {
  return new RollbackError(
    'ABORTED',
    `interrupted while calling ${method} of Slack; it will be called again`,
  );
}

function late(method: string, timeoutMs: number): RollbackError {
  return new RollbackError(
    'UNREACHABLE',
    `Slack did not answer ${method} within ${formatDuration(timeoutMs)}; it will be called again`,
  );
}

function failure(method: string, reply: Reply, error: unknown, token: string): RollbackError {
  const { status, retryAfterMs: waitMs } = reply;
  const wait = waitMs === null ? {} : { retryAfterMs: waitMs };
  if (status === null) {
    const reason = innermost(error).replaceAll(token, '[secret]').slice(0, 200);
    return new RollbackError('UNREACHABLE', `Slack could not be reached for ${method}: ${reason}`);
  }
  const answer = error instanceof Error && 'data' in error ? (error.data as SlackAnswer) : null;
  if (answer !== null && status === 200) return saidNo(method, answer, wait);
  const said = `Slack answered ${method} with HTTP ${status}`;
  if (status === 429 || status >= 500)
    return new RollbackError('UNREACHABLE', `${said}; it will be called again`, { status, ...wait });
  return new RollbackError('REFUSED', `${said}; check slack.app.api_url`, { status });
}

function innermost(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause;
  return messageOf(inner);
}
