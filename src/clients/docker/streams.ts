import { RollbackError } from '../../domain/errors.ts';
import { canonical } from '../../domain/json.ts';
import { SECOND } from '../../domain/time.ts';
import { understood } from './answers.ts';
import type { Docker } from './docker.ts';
import { readEvents } from './event-stream.ts';
import { containerAnswer } from './facts.ts';
import { readLog } from './log-text.ts';
import type { Transport } from './transport.ts';

/** The calls whose answers are read as they come. */
export function streams(transport: Transport): Pick<Docker, 'logs' | 'events'> {
  return {
    async logs(id, { tail, maxBytes, since, stream: only }, signal) {
      const doing = `reading the log of container ${id}`;
      const path = `/containers/${encodeURIComponent(id)}`;
      const found = await transport.ask({ method: 'GET', path: `${path}/json`, doing }, signal);
      const framed = understood(containerAnswer, found, doing).config['Tty'] !== true;
      const query = {
        stdout: only !== 'stderr',
        stderr: only !== 'stdout',
        tail: tail ?? 'all',
        ...(since === undefined ? {} : { since: (since / SECOND).toFixed(3) }),
      };
      return transport.stream(
        { method: 'GET', path: `${path}/logs`, query, doing, timeoutMs: 30 * SECOND },
        async (stream) => readLog(stream, framed, maxBytes),
        signal,
      );
    },
    async events(call, opened, signal) {
      const doing = 'listening to events';
      const query = { filters: canonical({ type: ['container'] }) };
      const stream = await transport.open({ method: 'GET', path: '/events', query, doing }, signal);
      opened();
      try {
        await readEvents(stream, call);
      } catch (error) {
        if (!signal.aborted) throw ended(transport.endpoint, error);
      }
      if (!signal.aborted) throw ended(transport.endpoint, null);
    },
  };
}

function ended(endpoint: string, cause: unknown): RollbackError {
  const message = `docker at ${endpoint}, listening to events: the stream ended; listen again`;
  return new RollbackError('UNREACHABLE', message, { endpoint }, { cause });
}
