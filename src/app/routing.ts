import type { Audience, ChannelPart, NotifyPart } from '../domain/notification.ts';
import type { Severity } from '../domain/rule.ts';

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
