import { classify, failureOf, type HttpFailure } from '../../clients/http-failure.ts';
import type { DataStore } from '../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import type { Reading, Unknown } from '../../domain/reading.ts';
import { render } from '../../domain/template.ts';
import { formatDuration } from '../../domain/time.ts';
import { askStore, type StoreMeans } from './ask-store.ts';
import { databaseOptions, type DatabaseOptions } from './database-options.ts';
import { oneAtATime } from './one-at-a-time.ts';

/** What the source works with. */
export interface DatabaseParts extends StoreMeans {
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly clock: Clock;
}

/**
 * Questions to the stores of `data_stores`: whether one answers, or one number out of it. Nothing is written: queries
 * run in a transaction that can only read, and are ended at their time-out on the server, too.
 *
 * A store that refuses connections, cuts them, or accepts one and then does not answer fails a ping. A name or a route that is
 * missing, a server that cannot be reached in time, an account that it does not accept, and every trouble with a value are `error`.
 */
export function databaseSource(parts: DatabaseParts): Source<DatabaseOptions> {
  const once = oneAtATime<Seen>();
  return {
    kind: 'database',
    options: databaseOptions,
    seesDeploys: false,
    signal: ({ question }) => (question.ask === 'ping' ? 'probe' : 'value'),
    unit: () => 'number',
    windowMs: () => 0,
    identity: ({ store }) => `database ${store}`,
    async read(options, subjects, signal) {
      const readings = subjects.map(async ({ name, target }): Promise<[string, Reading]> => {
        const filled = render(options, { target });
        // Most rules ask the same of one store for all of their targets.
        const seen = await once(JSON.stringify(filled), () => see(filled, parts, signal));
        return [name, { ...seen, at: parts.clock.now() }];
      });
      return new Map(await Promise.all(readings));
    },
  };
}

type Seen =
  | { readonly kind: 'value'; readonly value: number; readonly detail: string }
  | { readonly kind: 'probe'; readonly passed: boolean; readonly detail: string }
  | { readonly kind: 'unknown'; readonly why: Unknown; readonly detail: string };

async function see(options: DatabaseOptions, parts: DatabaseParts, signal: AbortSignal): Promise<Seen> {
  const store = Object.hasOwn(parts.stores, options.store) ? parts.stores[options.store] : undefined;
  if (store === undefined) return unknown('error', `there is no data store ${options.store}`);
  const { question, timeoutMs } = options;
  const overdue = new AbortController();
  const cancel = parts.clock.after(timeoutMs, () => overdue.abort());
  let isConnected = false;
  const asking = {
    question,
    timeoutMs,
    signal: AbortSignal.any([signal, overdue.signal]),
    connected: () => {
      isConnected = true;
    },
  };
  try {
    const answer = await untilAborted(askStore(store, asking, parts), asking.signal);
    if ('unfit' in answer) return unknown('error', answer.unfit);
    if (question.ask === 'ping') return probe(true, `${store.name} answers`);
    return valueOf(answer.value, store.name);
  } catch (error) {
    if (signal.aborted) return unknown('error', `${store.name} had not answered when time was over`);
    const late = `${store.name} did not answer within ${formatDuration(timeoutMs)}`;
    const detail = overdue.signal.aborted ? late : inOneLine(messageOf(error));
    const isItsOwn = overdue.signal.aborted ? isConnected : isOfStore(error);
    return question.ask === 'ping' && isItsOwn ? probe(false, detail) : unknown('error', detail);
  } finally {
    cancel();
  }
}

/** Servers quote queries, and those have lines. */
function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** A library that does not listen must not hold up the reading. */
async function untilAborted<T>(asking: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new RollbackError('ABORTED', 'interrupted'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([asking, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Failures that the other side causes; in all others we could not even ask. */
const itsOwn: readonly HttpFailure[] = ['refused', 'reset', 'tls', 'malformed'];

/**
 * What servers say when they cannot serve: too many connections, starting or stopping, loading.
 *
 * @see https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html 1040, 1053, 1152, 1203
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html 53300, 57P01 to 57P03
 */
const unable: readonly unknown[] = [1040, 1053, 1152, 1203, '53300', '57P01', '57P02', '57P03'];
/** MongoDB, when it stops or is recovering. */
const unableMongo: readonly unknown[] = [91, 11_600, 13_436];

function isOfStore(error: unknown): boolean {
  if (!(error instanceof RollbackError)) return false;
  const { errno, sqlState, status, refusal, serverCode } = error.facts;
  if (unable.includes(errno) || unable.includes(sqlState)) return true;
  if (unableMongo.includes(serverCode)) return true;
  // Without an account, a health endpoint says 401: that is about us.
  if (typeof status === 'number') return status !== 401 && status !== 403;
  if (refusal === 'ERR' || /^(LOADING|MASTERDOWN|BUSY)\b/.test(messageOf(error.cause))) return true;
  if (error.code === 'REFUSED') return false;
  const failure = failureOf(error) ?? classify(error);
  return itsOwn.includes(failure) || messageOf(error.cause).startsWith('Socket closed unexpectedly');
}

function valueOf(value: unknown, name: string): Seen {
  if (value === undefined) return unknown('no_data', `${name} has no value for this`);
  const text = typeof value === 'string' ? value.trim() : value;
  const number = text === '' ? Number.NaN : Number(text);
  const isNumber = typeof text === 'string' || typeof text === 'number' || typeof text === 'bigint';
  if (!isNumber || !Number.isFinite(number)) return unknown('error', `${name} answered what is no number`);
  return { kind: 'value', value: number, detail: `${name} answered ${number}` };
}

function probe(passed: boolean, detail: string): Seen {
  return { kind: 'probe', passed, detail };
}

function unknown(why: Unknown, detail: string): Seen {
  return { kind: 'unknown', why, detail };
}
