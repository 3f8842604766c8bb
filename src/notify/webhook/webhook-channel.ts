import { createHmac } from 'node:crypto';
import type { HttpClient } from '../../clients/http.ts';
import type { WebhookChannel } from '../../domain/notification.ts';
import type { Channel } from '../../domain/ports/channel.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Secret } from '../../domain/secret.ts';
import { SECOND } from '../../domain/time.ts';
import type { Links } from '../compose.ts';
import { postJson } from '../post-json.ts';
import { webhookBody } from './body.ts';

export interface WebhookOptions {
  readonly webhook: Pick<WebhookChannel, 'name' | 'url' | 'secret'>;
  readonly environment: string;
  readonly links: Links;
  readonly http: HttpClient;
  readonly clock: Clock;
}

/**
 * Posts each message as JSON to a service of the house, signed where there is a secret to sign with. A message that is
 * posted again has the same `idempotency-key`.
 */
export function webhookChannel({ webhook, environment, links, http, clock }: WebhookOptions): Channel {
  const { name, url, secret } = webhook;
  return {
    name,
    send: async ([message], _, signal) => {
      const body = webhookBody({ message, environment, links });
      const wall = clock.wall();
      const headers = {
        'idempotency-key': idempotencyKey(message.key),
        ...(secret === null ? {} : { 'rollbackd-signature': signature(body, secret, wall) }),
      };
      await postJson({ http, url: url.reveal(), headers, body, to: `the webhook ${name}`, wall, signal });
    },
  };
}

/** Keys may hold names of targets: a header holds printable ASCII only. */
function idempotencyKey(key: string): string {
  return encodeURIComponent(key.toWellFormed()).slice(0, 255);
}

/** `t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`. */
function signature(body: string, secret: Secret, wall: number): string {
  const seconds = Math.floor(wall / SECOND);
  const hex = createHmac('sha256', secret.reveal()).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${hex}`;
}
