import { destination, pino } from 'pino';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { NewEntry } from '../domain/ports/store.ts';
import type { Scrubber } from './scrubber.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** From the most to the least talkative. */
export type LogLevel = (typeof logLevels)[number];

/** The daemon's log: one JSON object a line. */
export interface DaemonLog extends Log {
  debug(facts: Readonly<Record<string, unknown>>, message: string): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Every line goes through it whole. */
  readonly scrubber: Scrubber;
  /** Takes each finished line; standard output, synchronously, unless stated. */
  readonly write?: (line: string) => void;
}

/** Opens the log. Times are wall time, since people read them; levels are words. */
export function openLog({ level, clock, scrubber, write = toStdout() }: LogOptions): DaemonLog {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.wall()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // An entry of ours is plain; only what was thrown needs a serialiser.
      serializers: { error: pino.stdSerializers.err },
    },
    { write: (line: string) => write(scrubber.scrub(line)) },
  );
  return {
    debug: (facts, message) => logger.debug(facts, message),
    info: (facts, message) => logger.info(facts, message),
    warn: (facts, message) => logger.warn(facts, message),
    error: (facts, message) => logger.error(facts, message),
  };
}

/** Logs a transition: its message, and why, which incident, which target. Call it once an entry, after its commit. */
export function logEntry(log: Log, { type, incident, target, message, facts }: NewEntry): void {
  const about = {
    type,
    ...(incident === null ? {} : { incident }),
    ...(target === null ? {} : { target }),
    facts,
  };
  if (needsPeople(type)) log.warn(about, message);
  else log.info(about, message);
}

/** What a person should see who looks only at warnings. */
const warnings =
  /\b(?:failed|broken|unverified|handed_over|bad_returned|blind|unknown|unseen|unarmed|clock_jump|refused|took_over)$/;

function needsPeople(type: string): boolean {
  return warnings.test(type);
}

function toStdout(): (line: string) => void {
  const stdout = destination({ dest: 1, sync: true });
  return (line) => stdout.write(line);
}
