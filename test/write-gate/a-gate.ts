import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import type { Clock } from '../../src/domain/ports/clock.ts';
import type { GateState } from '../../src/domain/write-gate.ts';
import { serveGate, type GateOptions, type RunningGate } from '../../src/write-gate/serve.ts';
import { RecordedLog } from '../fakes/log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const runbook = 'System undergoing maintenance. Please try again in a few minutes.';

/** A service of the test's own. */
export async function aService(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<{
  readonly port: number;
  readonly server: ReturnType<typeof createServer>;
}> {
  const server = createServer(
    { keepAliveTimeout: 60_000 },
    (request, response) => void answer(request, response),
  );
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

export interface TestGate {
  readonly port: number;
  readonly running: RunningGate;
  readonly log: RecordedLog;
  readonly stateFile: string;
  /** Calls the control listener; the token is sent unless stated. */
  control(
    method: string,
    path: string,
    body?: object,
    token?: string,
  ): Promise<{ status: number; body: string }>;
  state(): Promise<GateState>;
  /** Ends this one as a power cut would: nothing is written any more. Begins another on the same file. */
  again(change?: Partial<GateOptions>): Promise<TestGate>;
}

export const token = 'a-token-of-the-gate';

/** A gate in front of a port of this machine. */
export async function aGate(
  upstreamPort: number,
  change: Partial<GateOptions> & { readonly clock?: Clock } = {},
): Promise<TestGate> {
  const log = new RecordedLog();
  const options: GateOptions = {
    listen: { host: '127.0.0.1', port: 0 },
    control: { host: '127.0.0.1', port: 0 },
    upstream: { host: '127.0.0.1', port: upstreamPort },
    token,
    allow: ['/health', '/api/*/auth'],
    deadManMs: 600_000,
    message: runbook,
    stateFile: join(temporaryFolder('rd-gate'), 'gate.json'),
    answerWithinMs: 120_000,
    drainMs: 5_000,
    clock: systemClock(),
    log,
    ...change,
  };
  const running = await serveGate(options);
  onTestFinished(async () => void (await running.stop(0)));
  const control: TestGate['control'] = async (method, path, body, said = token) => {
    const answer = await fetch(`http://127.0.0.1:${running.controlPort}${path}`, {
      method,
      headers: { authorization: `Bearer ${said}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.text() };
  };
  return {
    port: running.port,
    running,
    log,
    stateFile: options.stateFile,
    control,
    state: async () => JSON.parse((await control('GET', '/state')).body) as GateState,
    again: async (more = {}) => {
      await running.stop(0);
      return aGate(upstreamPort, { ...change, stateFile: options.stateFile, ...more });
    },
  };
}

/** Opens a connection, sends bytes as they are, and collects everything until the other side ends it. */
export async function raw(port: number, sent: string): Promise<string> {
  const socket = open(port);
  socket.write(sent);
  let received = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) received += chunk.toString('latin1');
  return received;
}

export function open(port: number): Socket {
  const socket = connect({ host: '127.0.0.1', port });
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** One request through node's own client, whose answer is read by the test. */
export function requested(
  port: number,
  options: { method?: string; path?: string; headers?: Record<string, string> },
  body?: string | Buffer,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const call = ask({ host: '127.0.0.1', port, agent: false, ...options }, resolve);
  call.on('error', reject);
  call.end(body);
  return promise;
}

export async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
