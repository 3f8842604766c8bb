import type { HttpClient } from '../clients/http.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { Channel } from '../domain/ports/channel.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { IncidentView, Report } from '../domain/ports/daemon.ts';
import type { Log } from '../domain/ports/log.ts';
import type { IncidentRow, Store } from '../domain/ports/store.ts';
import { audienceOf, hears } from '../domain/routes.ts';
import type { Links } from '../notify/compose.ts';
import { logChannel } from '../notify/log-channel.ts';

/** What channels work with beside their part of the configuration. */
export interface ChannelParts {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly links: Links;
  /** The incident as it is now; null when there is none of that name. */
  readonly view: (incident: string) => Promise<IncidentView | null>;
  /** The report on an incident, made when it is asked for. */
  readonly report: (incident: string) => Promise<Report | null>;
  /** The configuration in force. */
  readonly directory: () => Pick<Configuration, 'notify'>;
  /** Whether nothing is told of an incident at present, by a silence. */
  readonly isSilenced: (incident: Pick<IncidentRow, 'rule' | 'target'>) => boolean;
}

/**
 * Every channel that the configuration names; each loads what it needs only now. Messages go to the log where there is
 * no other channel in the house; the journal has them either way.
 */
export async function openChannels(
  configuration: Configuration,
  parts: ChannelParts,
): Promise<readonly Channel[]> {
  const opened = await Promise.all([
    slack(configuration, parts),
    email(configuration, parts),
    webhooks(configuration, parts),
    alertmanager(configuration, parts),
  ]);
  const channels = opened.flat();
  const isTold = channels.some(({ name }) => audienceOf(name, configuration.channels) === 'internal');
  return isTold ? channels : [...channels, logChannel({ log: parts.log })];
}

async function slack({ channels }: Configuration, parts: ChannelParts): Promise<readonly Channel[]> {
  const { slackApp: app, slackWebhook: webhook } = channels;
  if (app !== null) {
    const { slackAppChannel } = await import('../notify/slack/app-channel.ts');
    const contacts = () => parts.directory().notify.contacts;
    return [slackAppChannel({ ...parts, app, contacts, page: parts.links.approval })];
  }
  if (webhook === null) return [];
  const { slackWebhookChannel } = await import('../notify/slack/webhook-channel.ts');
  return [slackWebhookChannel({ webhook })];
}

async function email(
  { channels, environment }: Configuration,
  { report, log }: ChannelParts,
): Promise<readonly Channel[]> {
  if (channels.email === null) return [];
  const { emailChannel } = await import('../notify/email/email-channel.ts');
  return [emailChannel({ email: channels.email, environment, report, log })];
}

async function webhooks(
  { channels, environment }: Configuration,
  { links, http, clock }: ChannelParts,
): Promise<readonly Channel[]> {
  if (channels.webhooks.length === 0) return [];
  const { webhookChannel } = await import('../notify/webhook/webhook-channel.ts');
  return channels.webhooks.map((webhook) => webhookChannel({ webhook, environment, links, http, clock }));
}

async function alertmanager(
  configuration: Configuration,
  { links, directory, ...parts }: ChannelParts,
): Promise<readonly Channel[]> {
  const { channels, environment } = configuration;
  if (channels.alertmanager === null) return [];
  const { alertmanagerChannel } = await import('../notify/alertmanager/alertmanager-channel.ts');
  return [
    alertmanagerChannel({
      alertmanager: channels.alertmanager,
      environment,
      ...parts,
      page: links.incident,
      openIncidents: async () => {
        const open = await parts.store.incidents({ open: true, limit: 1_000 });
        return open.filter((row) => hears('alertmanager', row, directory().notify));
      },
    }),
  ];
}
