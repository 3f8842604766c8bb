import type { Clock } from '../../domain/ports/clock.ts';
import { SECOND } from '../../domain/time.ts';
import { containerChanges, pinChanges } from './changes.ts';
import type { Docker } from './docker.ts';
import { reads } from './reads.ts';
import { streams } from './streams.ts';
import { volumes } from './volumes.ts';
import { Transport, type DockerEndpoint } from './transport.ts';

/** Opens a Docker engine. Nothing is sent until the first call. `timeoutMs` (10 s) is the limit of an ordinary call. */
export function openDocker(options: {
  readonly endpoint: DockerEndpoint;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}): Docker {
  const transport = new Transport({ timeoutMs: 10 * SECOND, ...options });
  return {
    endpoint: transport.endpoint,
    ...reads(transport),
    ...containerChanges(transport),
    ...pinChanges(transport),
    ...streams(transport),
    ...volumes(transport),
  };
}
