import { messageOf } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Reading } from '../domain/reading.ts';
import type { Subject } from '../domain/target.ts';
import { formatDuration } from '../domain/time.ts';
import type { Signal } from './signal.ts';

/** Readings by subject, or why there are none at all. */
export type Read = ReadonlyMap<string, Reading> | { readonly problem: string };

/**
 * Reads a rule's signal once. Never rejects, and never takes longer than `limitMs` even if the source hangs and
 * does not listen to its signal.
 */
export async function readOnce(
  {
    clock,
    limitMs,
    signal,
  }: { readonly clock: Clock; readonly limitMs: number; readonly signal: AbortSignal },
  source: Signal,
  subjects: readonly Subject[],
): Promise<Read> {
  const abort = new AbortController();
  const { promise: cut, resolve } = Promise.withResolvers<Read>();
  const stop = (problem: string): void => {
    resolve({ problem });
    abort.abort();
  };
  const stopped = (): void => stop('the daemon is stopping');
  const cancel = clock.after(limitMs, () =>
    stop(`${source.kind} did not answer within ${formatDuration(limitMs)}`),
  );
  signal.addEventListener('abort', stopped, { once: true });
  try {
    return await Promise.race([source.read(subjects, abort.signal), cut]);
  } catch (thrown) {
    return { problem: messageOf(thrown) };
  } finally {
    cancel();
    signal.removeEventListener('abort', stopped);
  }
}

/**
 * The reading of one subject, dated with the grid point it was due at: intervals between readings are then whole,
 * and a level with `for: 1m` does not wait for one more reading because a timer rang a millisecond late.
 */
export function readingOf(read: Read, subject: string, at: number): Reading {
  if ('problem' in read) return { kind: 'unknown', at, why: 'error', detail: read.problem };
  const reading = read.get(subject);
  if (reading === undefined)
    return { kind: 'unknown', at, why: 'no_data', detail: 'the source returned nothing for it' };
  return reading.at === at ? reading : { ...reading, at };
}
