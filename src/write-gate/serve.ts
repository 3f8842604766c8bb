import { chmod, rm, stat } from 'node:fs/promises';
import { createServer, type Server, type ServerOptions } from 'node:http';
import { messageOf, RollbackError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { HOUR, SECOND } from '../domain/time.ts';
import { control } from './control.ts';
import { Gate } from './gate.ts';
import { leaseFile } from './lease-file.ts';
import { Tally } from './tally.ts';
import { pass, upstreamAgent, type TrafficParts, type Upstream } from './traffic.ts';
import { mayUpgrade, tunnel } from './tunnel.ts';
import { allowList } from './writes.ts';

/** Where a listener listens. */
export type Endpoint = { readonly host: string; readonly port: number } | { readonly socket: string };

export interface GateOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly control: Endpoint;
  readonly upstream: Upstream;
  readonly token: string | null;
  readonly allow: readonly string[];
  readonly deadManMs: number;
  readonly message: string;
  /** Holds who holds writes off, across restarts. */
  readonly stateFile: string;
  readonly answerWithinMs: number;
  /** How long a hold waits for writes under way where its holder does not say. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningGate {
  /** Where the service is reached now. */
  readonly port: number;
  /** Of the control listener; null on a socket. */
  readonly controlPort: number | null;
  readonly gate: Gate;
  /** Takes nothing new, and waits for what is under way at most this long. @returns false when something was cut */
  stop(graceMs: number): Promise<boolean>;
}

const limits: ServerOptions = {
  maxHeaderSize: 32 * 1_024,
  headersTimeout: 30 * SECOND,
  // An upload may take its time, but not for ever.
  requestTimeout: HOUR,
  keepAliveTimeout: 65 * SECOND,
  connectionsCheckingInterval: 10 * SECOND,
  insecureHTTPParser: false,
  noDelay: true,
};
const mostConnections = 10_000;

/**
 * Starts a gate: what it held before it was stopped it holds again, before the first request.
 *
 * @throws RollbackError `CONFIG_INVALID` for a state file that cannot be read or a listener that cannot be opened
 */
export async function serveGate(options: GateOptions): Promise<RunningGate> {
  const { clock, log, deadManMs, message, token, drainMs, answerWithinMs, upstream } = options;
  const gate = await Gate.open({ clock, log, deadManMs, message, file: leaseFile(options.stateFile) });
  const tally = new Tally();
  const agent = upstreamAgent();
  const passes = allowList(options.allow);
  const traffic: TrafficParts = { gate, upstream, clock, passes, answerWithinMs, tally, agent };
  const cut = new AbortController();
  const front = publicServer(traffic, cut.signal);
  const back = createServer(limits, (request, response) => {
    void control({ gate, tally, clock, log, token, drainMs }, request, response);
  });
  const stop = stopping({ front, back, cut, agent: () => agent.destroy(), gate }, clock);
  try {
    await listen(back, options.control);
    await listen(front, options.listen);
  } catch (error) {
    await stop(0);
    throw error;
  }
  return {
    gate,
    port: portOf(front) ?? options.listen.port,
    controlPort: portOf(back),
    stop,
  };
}

function publicServer(traffic: TrafficParts, cut: AbortSignal): Server {
  const server = createServer({ ...limits, shouldUpgradeCallback: mayUpgrade }, (request, response) =>
    pass(traffic, request, response),
  );
  server.maxConnections = mostConnections;
  // The service decides whether a body is wanted.
  server.on('checkContinue', (request, response) => pass(traffic, request, response));
  server.on('checkExpectation', (request, response) => pass(traffic, request, response));
  server.on('upgrade', (request, socket, head) => tunnel(traffic, { request, socket, head }, cut));
  server.on('connect', (_request, socket) => {
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  return server;
}

function stopping(
  parts: { front: Server; back: Server; cut: AbortController; agent: () => void; gate: Gate },
  clock: Clock,
): (graceMs: number) => Promise<boolean> {
  const { front, back, cut, agent, gate } = parts;
  const stop = async (graceMs: number): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const cancel = clock.after(graceMs, () => resolve(false));
    void closed(front).then(() => resolve(true));
    front.closeIdleConnections();
    // What had nothing under way is closed by now.
    if (graceMs <= 0) setImmediate(() => resolve(false));
    const whole = await promise;
    cancel();
    cut.abort();
    front.closeAllConnections();
    agent();
    const gone = closed(back);
    back.closeAllConnections();
    await gone;
    await gate.close();
    return whole;
  };
  let stopped: Promise<boolean> | null = null;
  return (graceMs) => (stopped ??= stop(graceMs));
}

function closed(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  return promise;
}

async function listen(server: Server, endpoint: Endpoint): Promise<void> {
  if ('socket' in endpoint) await removeStale(endpoint.socket);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (cause) =>
    reject(
      new RollbackError(
        'CONFIG_INVALID',
        `could not listen on ${nameOf(endpoint)}: ${messageOf(cause)}`,
        {},
        { cause },
      ),
    ),
  );
  if ('socket' in endpoint) server.listen(endpoint.socket, resolve);
  else server.listen(endpoint.port, endpoint.host, resolve);
  await promise;
  if ('socket' in endpoint) await chmod(endpoint.socket, 0o600);
}

/** What a killed gate left behind; anything but a socket is somebody else's. */
async function removeStale(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isSocket() === true) await rm(path, { force: true });
}

/** `127.0.0.1:80`, or the path of a socket. */
export function nameOf(endpoint: Endpoint): string {
  if ('socket' in endpoint) return endpoint.socket;
  const { host, port } = endpoint;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function portOf(server: Server): number | null {
  const address = server.address();
  return address === null || typeof address === 'string' ? null : address.port;
}
