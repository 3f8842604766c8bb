import type { ContainerEvent, Docker } from '../../clients/docker/docker.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import { SECOND } from '../../domain/time.ts';

const retryMs = SECOND;
const telling = /^(create|start|restart|die|stop|kill|oom|pause|unpause|destroy|rename|update|health_status)/;

/** What is told of: every event that may mean a change, and that what happened until now was missed. */
export interface Listener {
  missed(): void;
  heard(event: ContainerEvent): void;
  /** Events that say that something may have changed. */
  changed(event: ContainerEvent): void;
}

/** Listens to an engine until the signal aborts, again and again. */
export async function listen(
  { docker, clock }: { readonly docker: Docker; readonly clock: Clock },
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await docker.events(
        (event) => {
          listener.heard(event);
          if (telling.test(event.action)) listener.changed(event);
        },
        () => listener.missed(),
        signal,
      );
    } catch {
      // Looking at the targets reports an engine that cannot be reached; here it is only a reason to try again.
      await sleep(clock, retryMs, signal);
    }
  }
}
