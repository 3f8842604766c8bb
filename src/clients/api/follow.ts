import { randomInt } from 'node:crypto';
import { RollbackError } from '../../domain/errors.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Entry } from '../../domain/ports/store.ts';
import { SECOND } from '../../domain/time.ts';
import { openEvents, type ApiAddress } from './call.ts';
import { eventsIn, type ServerEvent } from './server-events.ts';

/** What is followed, and who wants to know how the connection fares. */
export interface Following {
  /** Begins after this entry of the journal; without it, with what comes. */
  readonly after?: number;
  /** Of one incident; without it, of all. */
  readonly incident?: string;
  /** Called when the connection was lost, with the reason, and with null each time it stands. */
  readonly connection?: (lost: RollbackError | null) => void;
}

/** The daemon says that it lives every 15 s; silence for three times that is a lost connection. */
const silenceMs = 45 * SECOND;
const firstPauseMs = 500;
const longestPauseMs = 10 * SECOND;

/**
 * The entries of the journal as they are written, each once and in order. A connection that is lost is opened again,
 * after a pause that grows and is never the same, and goes on after the last entry.
 *
 * Ends when the signal aborts. The first connection may reject as any call; later only what no new attempt changes
 * does: `UNAUTHORIZED`, `FORBIDDEN`, `NOT_FOUND`, `ANSWER_INVALID`.
 */
export async function* follow(
  address: ApiAddress,
  clock: Clock,
  { after, incident, connection = () => {} }: Following,
  signal: AbortSignal,
): AsyncGenerator<Entry, void> {
  let position = after;
  let everOpen = false;
  let attempts = 0;
  while (!signal.aborted) {
    try {
      for await (const event of connect(address, { incident }, position, signal)) {
        if (event === 'open') {
          everOpen = true;
          connection(null);
          continue;
        }
        if (event.id !== null) {
          // A daemon that is stopping lets people in for a moment: only what it said counts as a connection that works.
          attempts = 0;
          position = Number(event.id);
        }
        const entry = entryIn(event);
        if (entry !== null) yield entry;
      }
      connection(
        new RollbackError('DAEMON_UNREACHABLE', `the daemon at ${address.url} ended the stream of events`),
      );
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof RollbackError) || !everOpen || isFinal(error)) throw error;
      connection(error);
    }
    attempts += 1;
    await sleep(clock, pauseMs(attempts), signal);
  }
}

async function* connect(
  address: ApiAddress,
  query: { readonly incident: string | undefined },
  position: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<'open' | ServerEvent, void> {
  const { body, close } = await openEvents(address, query, position ?? null, signal);
  try {
    yield 'open';
    yield* eventsIn(body, silenceMs);
  } finally {
    close();
  }
}

function entryIn({ id, data }: ServerEvent): Entry | null {
  // Farewells have no number.
  return id === null || data === '' ? null : (JSON.parse(data) as Entry);
}

function isFinal({ code }: RollbackError): boolean {
  return code === 'UNAUTHORIZED' || code === 'FORBIDDEN' || code === 'NOT_FOUND' || code === 'ANSWER_INVALID';
}

/** Doubles up to 10 s, then loses up to half at random: many who lost the same daemon do not come back as one. */
function pauseMs(attempts: number): number {
  const whole = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts - 1, 10));
  return whole - randomInt(whole / 2);
}
