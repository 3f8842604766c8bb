import type { Audience, ChannelPart, NotifyPart } from './notification.ts';
import type { Severity } from './rule.ts';

/** Whom a channel reaches. Everything but mail and webhooks stays in the house. */
export function audienceOf(channel: string, { email, webhooks }: ChannelPart): Audience {
  if (channel === 'email') return email?.audience ?? 'internal';
  return webhooks.find(({ name }) => name === channel)?.audience ?? 'internal';
}

/** Something that people may be told of; its severity is null where that is not known any more. */
export interface Subject {
  readonly target: string | null;
  readonly severity: Severity | null;
}

/** Whether a channel hears of it: all that a route brings, or everything where no route names the channel. */
export function hears(
  channel: string,
  { target, severity }: Subject,
  { routes }: Pick<NotifyPart, 'routes'>,
): boolean {
  const own = routes.filter(({ channels }) => channels.includes(channel));
  if (own.length === 0) return true;
  return own.some(
    ({ targets, severities }) =>
      (targets === null || target === null || targets.includes(target)) &&
      (severities === null || severity === null || severities.includes(severity)),
  );
}

/** The names of the channels that are configured, of those who act or of those who use what broke. */
export function channelsFor(audience: Audience, channels: ChannelPart): readonly string[] {
  const { slackWebhook, slackApp, email, webhooks, alertmanager } = channels;
  const names = [
    ...(slackWebhook === null && slackApp === null ? [] : ['slack']),
    ...(email === null ? [] : ['email']),
    ...webhooks.map(({ name }) => name),
    ...(alertmanager === null ? [] : ['alertmanager']),
  ];
  return names.filter((name) => audienceOf(name, channels) === audience);
}
