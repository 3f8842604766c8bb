import type { ChannelPart, Route } from './notification.ts';
import type { Severity } from './rule.ts';

/** Whether a channel hears of incidents: of those that a route of its own lets through, or of all without any. */
export function hears(
  channel: string,
  { target, severity }: { readonly target: string; readonly severity: Severity },
  routes: readonly Route[],
): boolean {
  const own = routes.filter(({ channels }) => channels.includes(channel));
  if (own.length === 0) return true;
  return own.some(
    ({ targets, severities }) =>
      (targets?.includes(target) ?? true) && (severities?.includes(severity) ?? true),
  );
}

/** The channels that are configured, by name; `external` are those that reach who uses what broke. */
export function configuredChannels({ slackWebhook, slackApp, email, webhooks, alertmanager }: ChannelPart): {
  readonly internal: readonly string[];
  readonly external: readonly string[];
} {
  const all = [
    ...(slackWebhook === null && slackApp === null ? [] : [{ name: 'slack', audience: 'internal' as const }]),
    ...(email === null ? [] : [{ name: 'email', audience: email.audience }]),
    ...webhooks,
    ...(alertmanager === null ? [] : [{ name: 'alertmanager', audience: 'internal' as const }]),
  ];
  const { internal = [], external = [] } = Object.groupBy(all, ({ audience }) => audience);
  return { internal: internal.map(({ name }) => name), external: external.map(({ name }) => name) };
}
