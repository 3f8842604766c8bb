import { RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Observer } from '../../domain/ports/observer.ts';
import { schemaComponent, type Component } from '../../domain/release.ts';
import { formatDuration, SECOND } from '../../domain/time.ts';

/** A database that does not answer is asked again by the next look. */
const timeoutMs = 10 * SECOND;

/**
 * Sees which version the schemas of a target's data stores have. A version that cannot be read is unknown: the look fails,
 * and what was known stays.
 */
export function schemaObserver(parts: {
  /** Rejects when the store cannot be asked, or has no version. */
  readonly versionOf: (store: string, signal: AbortSignal) => Promise<string>;
  readonly clock: Clock;
}): Observer {
  const { versionOf, clock } = parts;
  return {
    kind: 'schema',
    sees: ({ schemaOf = [] }) => schemaOf.length > 0,
    async look({ schemaOf = [] }, signal) {
      const at = clock.now();
      const overdue = new AbortController();
      const cancel = clock.after(timeoutMs, () => overdue.abort());
      const limited = AbortSignal.any([signal, overdue.signal]);
      try {
        const components: Component[] = [];
        for (const store of schemaOf)
          components.push(
            schemaComponent(store, await untilAborted(versionOf(store, limited), store, limited)),
          );
        return { at, components, healthy: null, exited: false, sealed: null, opId: null, manager: null };
      } finally {
        cancel();
      }
    },
  };
}

/** A library that does not listen must not hold up the look. */
async function untilAborted(asking: Promise<string>, store: string, signal: AbortSignal): Promise<string> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void =>
    reject(
      new RollbackError('TIMED_OUT', `${store} did not tell its schema within ${formatDuration(timeoutMs)}`),
    );
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([asking, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
