import { createHmac } from 'node:crypto';

/** A request as Slack would send it over HTTP. */
export interface SignedRequest {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Signs a body as Slack does. `at` is in epoch ms. */
export function sign(
  body: string,
  { secret, at, contentType = 'application/x-www-form-urlencoded' }: Signing,
): SignedRequest {
  const seconds = String(Math.floor(at / 1000));
  const hex = createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex');
  return {
    body,
    headers: {
      'content-type': contentType,
      'x-slack-request-timestamp': seconds,
      'x-slack-signature': `v0=${hex}`,
    },
  };
}

export interface Signing {
  readonly secret: string;
  readonly at: number;
  readonly contentType?: string;
}

/** The body of an interaction: JSON in a form. */
export function interactionBody(payload: unknown): string {
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

/** The body of a command: a plain form. */
export function commandBody(payload: Readonly<Record<string, string>>): string {
  return new URLSearchParams(payload).toString();
}
