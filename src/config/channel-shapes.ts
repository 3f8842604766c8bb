import { z } from 'zod';
import { audiences } from '../domain/notification.ts';
import { httpUrl, labelName, labelValue, mailAddress, someTime, text } from './scalars.ts';
import { secretReference, textOrReference } from './secrets.ts';
import { slackId } from './slack-ids.ts';

/** The keys of `slack`: a webhook that only tells, or an app that also asks. */
export const slackShape = {
  webhook: secretReference.optional().describe('The URL of an incoming webhook: it only tells'),
  app: z.unknown().optional().describe('An app with a bot: cards with buttons, threads, commands'),
};

/** The keys of `slack.app`. */
export const slackAppShape = {
  bot_token: secretReference.describe('Bot token (xoxb-…)'),
  app_token: secretReference
    .optional()
    .describe('App-level token (xapp-…) for Socket Mode; without it Slack posts to /slack/… of the API'),
  signing_secrets: z
    .unknown()
    .optional()
    .describe('One, or two while one is being replaced; needed without app_token'),
  channel: slackId('channel').describe('Id of the channel that the bot writes to'),
  team: slackId('team').describe('Id of the workspace; clicks from elsewhere are refused'),
  id: slackId('app').describe('Id of the app; clicks on cards of others are refused'),
  api_url: httpUrl
    .optional()
    .describe("Where Slack's Web API is, for proxies; https://slack.com/api/ unless stated"),
};

const audience = z
  .enum(audiences)
  .optional()
  .describe('The team that acts, or those who use what broke; internal unless stated');

/** The keys of `email`. */
export const emailShape = {
  server: z
    .string()
    .meta({ pattern: '^smtps?://[^@/?#]+/?$' })
    .describe('smtp://host:587 (STARTTLS where offered) or smtps://host:465'),
  user: text.optional().describe('For servers that want to know who sends; with password'),
  password: secretReference.optional().describe('With user'),
  from: mailAddress.describe('Sender'),
  to: z.array(mailAddress).min(1).max(50).describe('Receivers'),
  audience,
};

/** The keys of a webhook. */
export const webhookShape = {
  url: textOrReference.describe('Where messages are posted; as a secret where it holds one'),
  secret: secretReference.optional().describe('Signs what is sent'),
  audience,
  plain_http: z
    .boolean()
    .optional()
    .describe('Whether http:// may be used to another machine; false unless stated'),
};

/** The keys of `alertmanager`. */
export const alertmanagerShape = {
  url: httpUrl.describe('Without user, password and query'),
  labels: z.record(labelName, labelValue).optional().describe('On every alert, beside those of the incident'),
};

/** The keys of `notify`. */
export const notifyShape = {
  reminders: someTime
    .optional()
    .describe('How often people are told again while nobody acknowledged; 30m unless stated'),
  routes: z.unknown().optional().describe('Which channels hear of which incidents'),
};
