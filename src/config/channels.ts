import type { AlertmanagerChannel, ChannelPart } from '../domain/notification.ts';
import type { Token } from '../domain/configuration.ts';
import { alertmanagerShape } from './channel-shapes.ts';
import { DistinctSecrets } from './distinct-secrets.ts';
import { readEmail } from './email.ts';
import { membersOf } from './members.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { readSlack } from './slack.ts';
import { readWebhooks } from './webhooks.ts';

/** Where people are told: `slack`, `email`, `webhooks` and `alertmanager` of the main file. */
export async function readChannels(
  main: Place,
  { tokens, ...context }: ReadingContext & { readonly tokens: readonly Token[] },
): Promise<ChannelPart> {
  const distinct = new DistinctSecrets();
  for (const { name, token } of tokens) distinct.know(`the token of ${name}`, token);
  return {
    ...(await readSlack(main.at('slack'), context, distinct)),
    email: await readEmail(main.at('email'), context, distinct),
    webhooks: await readWebhooks(main.at('webhooks'), context, distinct),
    alertmanager: readAlertmanager(main.at('alertmanager')),
  };
}

/** The names of the channels that are written down, right or wrong, so that one mistake makes no second. */
export function channelNames(main: Place): readonly string[] {
  return [
    ...['slack', 'email', 'alertmanager'].filter((name) => main.has(name)),
    ...Object.keys(membersOf(main.at('webhooks').value)),
  ];
}

/** What tells alerts apart. */
const ownLabels: readonly string[] = ['alertname', 'environment', 'incident', 'target', 'severity'];

function readAlertmanager(place: Place): AlertmanagerChannel | null {
  if (place.value === undefined) return null;
  const { url, labels } = place.fields(alertmanagerShape);
  for (const label of Object.keys(labels ?? {}))
    if (ownLabels.includes(label))
      place.at('labels').at(label).problem('is set by rollbackd itself, on every alert', 'key');
  if (url === undefined) return null;
  if (URL.parse(url)?.search !== '') place.at('url').problem('must not hold a query (?…)');
  return { url: url.replace(/\/+$/, ''), labels: labels ?? {} };
}
