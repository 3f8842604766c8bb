import type { Configuration } from '../domain/configuration.ts';
import type { ChannelPart } from '../domain/notification.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { logLevels, openLog, type DaemonLog, type LogLevel } from '../record/log.ts';
import { secretsOfStore } from '../domain/data-store.ts';
import { Secret } from '../domain/secret.ts';
import { Scrubber } from '../record/scrubber.ts';

export interface LogSettings {
  readonly clock: Clock;
  readonly configuration: Configuration;
  /** `info` unless stated. */
  readonly level: string | undefined;
  /** Takes each line; standard output unless stated. */
  readonly write?: (line: string) => void;
}

/** The log, with every configured secret known to its scrubber. */
export function systemLog({
  clock,
  configuration,
  level,
  write,
}: LogSettings): DaemonLog & { readonly scrubber: Scrubber } {
  const scrubber = new Scrubber();
  knowSecrets(scrubber, configuration);
  const log = openLog({ level: levelOf(level), clock, scrubber, ...(write === undefined ? {} : { write }) });
  return Object.assign(log, { scrubber });
}

/** Tells the scrubber every secret of a configuration. */
export function knowSecrets(
  scrubber: Scrubber,
  { tokens, channels, prometheus, scrape, dataStores }: Configuration,
): void {
  scrubber.know(tokens.map(({ token }) => token));
  scrubber.know(secretsOf(channels));
  scrubber.know(Object.values(dataStores).flatMap(secretsOfStore));
  scrubber.know(Object.values(prometheus?.headers ?? {}));
  for (const { headers } of scrape?.pages ?? []) scrubber.know(Object.values(headers));
}

function secretsOf({ slackWebhook, slackApp, email, webhooks }: ChannelPart): readonly Secret[] {
  const secrets = [
    slackWebhook,
    slackApp?.botToken,
    slackApp?.appToken,
    ...(slackApp?.signingSecrets ?? []),
    email?.password,
    ...webhooks.flatMap(({ url, secret }) => [url, secret]),
  ];
  return secrets.filter((secret) => secret instanceof Secret);
}

function levelOf(level: string | undefined): LogLevel {
  return logLevels.find((known) => known === level) ?? 'info';
}
