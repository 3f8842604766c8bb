import type { Channel } from '../domain/ports/channel.ts';
import type { Log } from '../domain/ports/log.ts';

/** Tells messages to the log, urgent ones as warnings. Always there, so that nothing is told to nobody. */
export function logChannel({ log, name = 'log' }: { readonly log: Log; readonly name?: string }): Channel {
  return {
    name,
    send: ([{ key, incident, title, text, urgent }]) => {
      const level = urgent ? 'warn' : 'info';
      log[level]({ message: key, incident, text }, title);
      return Promise.resolve();
    },
  };
}
