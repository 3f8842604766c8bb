import type { ChannelPart, SlackApp } from '../domain/notification.ts';
import type { Secret } from '../domain/secret.ts';
import { slackAppShape, slackShape } from './channel-shapes.ts';
import type { DistinctSecrets } from './distinct-secrets.ts';
import { isLoopback } from './listening.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { httpUrlProblem } from './scalars.ts';
import { resolveSecret, secretReference, type SecretReference } from './secrets.ts';

const standardApi = 'https://slack.com/api/';

/** `slack:`, by an incoming webhook or by an app. */
export async function readSlack(
  place: Place,
  context: ReadingContext,
  distinct: DistinctSecrets,
): Promise<Pick<ChannelPart, 'slackWebhook' | 'slackApp'>> {
  const nothing = { slackWebhook: null, slackApp: null };
  if (place.value === undefined) return nothing;
  const { webhook } = place.fields(slackShape);
  if (place.value === null || typeof place.value !== 'object' || Array.isArray(place.value)) return nothing;
  if (place.has('webhook') === place.has('app')) place.problem('expected one of webhook or app', 'key');
  if (place.has('app'))
    return { slackWebhook: null, slackApp: await readApp(place.at('app'), context, distinct) };
  return webhook === undefined
    ? nothing
    : { slackWebhook: await readWebhook(place.at('webhook'), webhook, context), slackApp: null };
}

async function readWebhook(
  place: Place,
  written: SecretReference,
  context: ReadingContext,
): Promise<Secret | null> {
  const secret = await resolveSecret(place, written, context);
  if (secret === null) return null;
  if (httpUrlProblem(secret.reveal(), ['https:', 'http:']) !== null)
    place.problem('what it leads to is not the URL of a webhook');
  return secret;
}

async function readApp(
  place: Place,
  context: ReadingContext,
  distinct: DistinctSecrets,
): Promise<SlackApp | null> {
  const fields = place.fields(slackAppShape);
  if (place.value === null || typeof place.value !== 'object' || Array.isArray(place.value)) return null;
  const reading = { context, distinct };
  const botToken = await readToken(place.at('bot_token'), fields.bot_token, { ...reading, kind: botKind });
  const appToken = await readToken(place.at('app_token'), fields.app_token, { ...reading, kind: appKind });
  const signingSecrets = await readSigningSecrets(place.at('signing_secrets'), reading);
  if (!place.has('app_token') && !place.has('signing_secrets'))
    place.problem(
      'how clicks arrive is missing; expected app_token for Socket Mode, or signing_secrets with which Slack signs what it posts',
      'key',
    );
  const apiUrl = fields.api_url ?? standardApi;
  checkApiUrl(place.at('api_url'), apiUrl);
  const { channel, team, id: app } = fields;
  if (botToken === null || channel === undefined || team === undefined || app === undefined) return null;
  return { botToken, appToken, signingSecrets, channel, team, app, apiUrl: apiUrl.replace(/\/*$/, '/') };
}

interface SecretReading {
  readonly context: ReadingContext;
  readonly distinct: DistinctSecrets;
}

/** Tokens say by their beginnings what they are; two that are swapped would only fail at the first message. */
const botKind = { wanted: 'the token of a bot (xoxb-…)', others: /^(?:xapp|xoxp|xoxe)-/ };
const appKind = { wanted: 'an app-level token (xapp-…)', others: /^xox/ };

async function readToken(
  place: Place,
  written: SecretReference | undefined,
  { kind, context, distinct }: SecretReading & { readonly kind: typeof botKind },
): Promise<Secret | null> {
  if (written === undefined) return null;
  const secret = await resolveSecret(place, written, context);
  if (secret === null) return null;
  if (kind.others.test(secret.reveal())) place.problem(`what it leads to is not ${kind.wanted}`);
  distinct.take(place, `slack.app.${place.path.at(-1) ?? ''}`, secret);
  return secret;
}

async function readSigningSecrets(
  place: Place,
  { context, distinct }: SecretReading,
): Promise<readonly Secret[]> {
  if (place.value === undefined) return [];
  const items = place.items('one or two signing secrets');
  if (Array.isArray(place.value) && (items.length === 0 || items.length > 2))
    place.problem(`expected one or two signing secrets, got ${items.length}`);
  const secrets: Secret[] = [];
  for (const [index, item] of items.entries()) {
    const written = item.read(secretReference);
    const secret = written === undefined ? null : await resolveSecret(item, written, context);
    if (secret === null) continue;
    distinct.take(item, `slack.app.signing_secrets[${index}]`, secret);
    secrets.push(secret);
  }
  return secrets;
}

/** The bot's token goes there with every call. */
function checkApiUrl(place: Place, written: string): void {
  const url = URL.parse(written);
  if (url === null) return;
  if (url.search !== '') place.problem('must not hold a query (?…)');
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    place.problem('would carry the token of the bot in the clear; expected https://, or http:// on loopback');
}
