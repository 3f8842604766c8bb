import { failureOf } from '../../clients/http-failure.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Subject } from '../../domain/target.ts';
import { formatDuration } from '../../domain/time.ts';
import type { OwnSight, Outcome } from './own-sight.ts';

/** Probes of one rule that run at the same time. */
const atOnce = 64;

/** How a probe over HTTP ended, and what to tell of it. */
export interface Saw {
  readonly outcome: Outcome;
  readonly detail: string;
}

/** A probe of one subject. `id` tells probes of one target apart. */
export interface Probing {
  readonly id: string;
  readonly at: number;
  readonly sight: OwnSight;
  readonly probe: (subject: Subject, signal: AbortSignal) => Promise<Saw>;
}

/** Probes all subjects. A failure counts only while the daemon itself can be believed to see. */
export async function probeAll(
  { id, at, sight, probe }: Probing,
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Reading>> {
  const saws = await inParallel(subjects, (subject) => probe(subject, signal));
  for (const [subject, { outcome }] of saws) {
    const again = async (signal: AbortSignal): Promise<Outcome> => (await probe(subject, signal)).outcome;
    sight.saw({ id: `${subject.name} ${id}`, target: subject.name, again }, outcome);
  }
  const failed = saws.some(([, { outcome }]) => outcome === 'failed');
  const lost = failed ? await sight.lost(at, signal) : null;
  return new Map(saws.map(([{ name }, saw]) => [name, readingOf(saw, at, lost)]));
}

/** What a request without an answer says: the other side did not do its part, or we could not even ask. */
export function noAnswer(thrown: unknown, timeoutMs: number): Saw {
  const detail = messageOf(thrown);
  switch (failureOf(thrown)) {
    case 'refused':
      return { outcome: 'failed', detail: 'refused the connection' };
    case 'reset':
      return { outcome: 'failed', detail: 'cut the connection' };
    case 'timeout':
      return { outcome: 'failed', detail: `did not answer within ${formatDuration(timeoutMs)}` };
    case 'tls':
    case 'malformed':
      return { outcome: 'failed', detail };
    case 'dns':
    case 'no_route':
      return { outcome: 'unable', detail };
    case 'local':
    case 'too_large':
    case 'forbidden':
    case 'aborted':
    case null:
      return { outcome: 'own', detail };
  }
}

async function inParallel<T>(
  subjects: readonly Subject[],
  look: (subject: Subject) => Promise<T>,
): Promise<readonly (readonly [Subject, T])[]> {
  const seen: (readonly [Subject, T])[] = [];
  const waiting = subjects.values();
  const work = async (): Promise<void> => {
    for (const subject of waiting) seen.push([subject, await look(subject)]);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, subjects.length) }, work));
  return seen;
}

function readingOf(saw: Saw, at: number, lost: ReadonlySet<string> | null): Reading {
  if (saw.outcome === 'passed') return { kind: 'probe', at, passed: true, detail: saw.detail };
  if (saw.outcome !== 'failed') return { kind: 'unknown', at, why: 'error', detail: saw.detail };
  if (lost === null) return { kind: 'probe', at, passed: false, detail: saw.detail };
  const detail = `${saw.detail}; so does every probe (${lost.size} targets): the trouble may be the daemon's own`;
  return { kind: 'unknown', at, why: 'error', detail };
}
