import { connect } from 'node:net';
import { messageOf } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { formatDuration } from '../domain/time.ts';

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** Whether somebody answers there; `unknown` when the trouble is on our side: names, routes, limits. */
export interface TcpAnswer {
  readonly answer: 'connected' | 'refused' | 'unknown';
  readonly detail: string;
}

/** What the peer, or the lack of one, is to blame for. */
const refusals = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE'];

/** Opens a connection and closes it again. Never rejects. */
export function connectTcp(address: TcpAddress, clock: Clock, signal: AbortSignal): Promise<TcpAnswer> {
  const { host, port, timeoutMs } = address;
  const where = `${host}:${port}`;
  if (signal.aborted) return Promise.resolve({ answer: 'unknown', detail: `${where} was not asked in time` });
  const { promise, resolve } = Promise.withResolvers<TcpAnswer>();
  const socket = connect({ host, port });
  const aborted = (): void =>
    end({ answer: 'unknown', detail: `${where} had not answered when time was over` });
  const cancel = clock.after(timeoutMs, () =>
    end({ answer: 'refused', detail: `${where} did not answer within ${formatDuration(timeoutMs)}` }),
  );
  const end = (answer: TcpAnswer): void => {
    cancel();
    signal.removeEventListener('abort', aborted);
    socket.destroy();
    resolve(answer);
  };
  signal.addEventListener('abort', aborted, { once: true });
  socket.on('connect', () => end({ answer: 'connected', detail: `${where} accepts connections` }));
  socket.on('error', (error) => end(failure(where, error)));
  return promise;
}

function failure(where: string, error: Error): TcpAnswer {
  const code = 'code' in error ? String(error.code) : messageOf(error);
  if (refusals.includes(code))
    return { answer: 'refused', detail: `${where} does not accept connections: ${code}` };
  return { answer: 'unknown', detail: `${where} could not be asked: ${code}` };
}
