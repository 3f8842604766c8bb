import type { IncomingWebhookDefaultArguments } from '@slack/webhook';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Channel, Message } from '../../domain/ports/channel.ts';
import type { Secret } from '../../domain/secret.ts';
import { formatDuration, SECOND } from '../../domain/time.ts';
import { slackTextOf } from './slack-text.ts';

type Fetch = NonNullable<IncomingWebhookDefaultArguments['fetch']>;

export interface SlackWebhookOptions {
  readonly webhook: Secret;
  readonly name?: string;
  readonly timeoutMs?: number;
}

/** What came back, as far as it decides when to try again. */
interface Reply {
  status: number | null;
  retryAfterMs: number | null;
}

/**
 * Posts messages to a Slack incoming webhook, once a call: the outbox repeats. After Slack asked for patience, what
 * waits of an incident goes as one post. The webhook's address is a secret and stands in no error.
 */
export function slackWebhookChannel(options: SlackWebhookOptions): Channel {
  const { webhook, name = 'slack', timeoutMs = 10 * SECOND } = options;
  return {
    name,
    joins: 10,
    send: async (messages, _, signal) => {
      const deadline = AbortSignal.timeout(timeoutMs);
      const reply: Reply = { status: null, retryAfterMs: null };
      try {
        await post(messages, webhook, watchedFetch(reply, AbortSignal.any([signal, deadline])));
      } catch (error) {
        if (signal.aborted)
          throw new RollbackError('ABORTED', 'interrupted while posting to Slack; it will be posted again');
        throw deadline.aborted ? late(timeoutMs) : refusal(reply, error, webhook);
      }
    },
  };
}

async function post(messages: readonly Message[], webhook: Secret, fetch: Fetch): Promise<void> {
  const { IncomingWebhook } = await import('@slack/webhook');
  const client = new IncomingWebhook(webhook.reveal(), { fetch, retryConfig: { retries: 0 } });
  await client.send({ text: slackTextOf(messages), unfurl_links: false, unfurl_media: false });
}

/** The client tells neither headers nor how to abort: both are added at its own seam. */
function watchedFetch(reply: Reply, signal: AbortSignal): Fetch {
  return async (url, init) => {
    const { method = 'POST', headers = {}, body, redirect = 'error' } = init ?? {};
    const response = await fetch(url, {
      method,
      headers,
      redirect,
      signal,
      ...(typeof body === 'string' ? { body } : {}),
    });
    reply.status = response.status;
    reply.retryAfterMs = retryAfterMs(response.headers.get('retry-after'));
    return response;
  };
}

function retryAfterMs(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) * SECOND : null;
}

function late(timeoutMs: number): RollbackError {
  return new RollbackError(
    'UNREACHABLE',
    `Slack did not answer a post within ${formatDuration(timeoutMs)}; it will be posted again`,
  );
}

function refusal({ status, retryAfterMs }: Reply, error: unknown, webhook: Secret): RollbackError {
  if (status === null)
    return new RollbackError('UNREACHABLE', `Slack could not be reached: ${reasonOf(error, webhook)}`);
  if (status === 429 || status >= 500)
    return new RollbackError(
      'UNREACHABLE',
      `Slack answered a post with HTTP ${status}; it will be posted again`,
      retryAfterMs === null ? { status } : { status, retryAfterMs },
    );
  return new RollbackError(
    'REFUSED',
    `Slack refused a post with HTTP ${status}: ${reasonOf(error, webhook)}; check slack.webhook`,
    { status },
  );
}

/** The innermost reason, freed of the address. The error itself is not kept as the cause: it may hold it too. */
function reasonOf(error: unknown, webhook: Secret): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  const body = error instanceof Error && 'body' in error && typeof error.body === 'string' ? error.body : '';
  const said = body === '' ? messageOf(innermost) : body;
  const address = webhook.reveal();
  const path = URL.parse(address)?.pathname ?? '/';
  const parts = path.length > 1 ? [address, path] : [address];
  return parts.reduce((text, part) => text.replaceAll(part, '[secret]'), said).slice(0, 200);
}
