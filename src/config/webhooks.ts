import { Secret } from '../domain/secret.ts';
import type { WebhookChannel } from '../domain/notification.ts';
import { webhookShape } from './channel-shapes.ts';
import type { DistinctSecrets } from './distinct-secrets.ts';
import { isLoopback } from './listening.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { httpUrlProblem, isName, nameProblem } from './scalars.ts';
import { resolveSecret, type SecretReference } from './secrets.ts';

/** Names of channels that are no webhooks'. */
const reserved: readonly string[] = ['slack', 'email', 'alertmanager', 'log'];

/** `webhooks:`, each under the name of its channel. */
export async function readWebhooks(
  place: Place,
  context: ReadingContext,
  distinct: DistinctSecrets,
): Promise<readonly WebhookChannel[]> {
  const channels: WebhookChannel[] = [];
  for (const [name, at] of place.entries('webhooks by name')) {
    if (!isName(name)) at.problem(nameProblem, 'key');
    if (reserved.includes(name))
      at.problem(`there is already a channel ${name}; webhooks need names of their own`, 'key');
    const fields = at.fields(webhookShape);
    const url = await readUrl(at, fields, context);
    const secret =
      fields.secret === undefined ? null : await resolveSecret(at.at('secret'), fields.secret, context);
    if (url !== null) distinct.take(at.at('url'), `webhooks.${name}.url`, url);
    if (secret !== null) distinct.take(at.at('secret'), `webhooks.${name}.secret`, secret);
    if (url !== null) channels.push({ name, url, secret, audience: fields.audience ?? 'internal' });
  }
  return channels;
}

async function readUrl(
  place: Place,
  { url, plain_http }: { url?: string | SecretReference | undefined; plain_http?: boolean | undefined },
  context: ReadingContext,
): Promise<Secret | null> {
  if (url === undefined) return null;
  const at = place.at('url');
  const secret = typeof url === 'string' ? new Secret(url) : await resolveSecret(at, url, context);
  if (secret === null) return null;
  const problem = urlProblem(secret.reveal(), plain_http === true);
  if (problem === null) return secret;
  at.problem(typeof url === 'string' ? problem : `what it leads to is not usable: ${problem}`);
  return null;
}

function urlProblem(written: string, plainHttp: boolean): string | null {
  const problem = httpUrlProblem(written, ['https:', 'http:'], null);
  if (problem !== null) return problem;
  const { protocol, hostname } = new URL(written);
  if (protocol === 'https:' || plainHttp || isLoopback(hostname)) return null;
  return 'http:// to another machine can be read and forged on its way; use https://, or add plain_http: true where the network is your own';
}
