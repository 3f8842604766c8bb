import type { Logger, LogLevel } from '@slack/web-api';
import type { Log } from '../../../domain/ports/log.ts';

/** A logger for Slack's clients, which would write to standard error: warnings and errors go to the daemon's log. */
export function quietLogger(log: Log): Logger {
  const say = (...parts: readonly unknown[]): string =>
    parts
      .map((part) => (part instanceof Error ? part.message : String(part)))
      .join(' ')
      .slice(0, 300);
  return {
    debug: () => {},
    info: () => {},
    // The client warns of things that the daemon tells in words of its own.
    warn: () => {},
    error: (...parts) => log.info({ said: say(...parts) }, "Slack's client met an error"),
    setLevel: () => {},
    setName: () => {},
    getLevel: () => 'error' as LogLevel,
  };
}
