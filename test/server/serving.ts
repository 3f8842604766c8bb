import { request } from 'node:http';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import type { Role, Token } from '../../src/domain/configuration.ts';
import { Secret } from '../../src/domain/secret.ts';
import { startServer, type Server, type ServerOptions } from '../../src/server/server.ts';
import { FakeDaemon } from '../fakes/daemon.ts';
import { FakeInbox } from '../fakes/inbox.ts';
import { RecordedLog } from '../fakes/log.ts';

/** One token a role: `secret-of-viewer`, … */
export const tokens: readonly Token[] = (['viewer', 'operator', 'approver', 'dba', 'admin'] as const).map(
  (role) => ({ name: `the-${role}`, role, token: new Secret(`secret-of-${role}`) }),
);

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface Sent {
  readonly as?: Role;
  readonly body?: unknown;
  readonly raw?: string;
  readonly headers?: Record<string, string>;
}

/** A real server on loopback in front of a daemon that notes what it is asked; closed when the test ends. */
export async function serving(options: Partial<ServerOptions> = {}) {
  const daemon = new FakeDaemon();
  const log = new RecordedLog();
  const inbox = new FakeInbox();
  const listen = { host: '127.0.0.1', port: 0 };
  const server = await startServer({
    daemon,
    listen,
    tokens: [],
    clock: systemClock(),
    log,
    inbox,
    version: '0.1.0',
    ...options,
  });
  onTestFinished(() => server.close());
  const send = (method: string, path: string, sent: Sent = {}) => call(server, method, path, sent);
  return { daemon, log, inbox, server, send, url: `http://127.0.0.1:${server.port}` };
}

export async function call(
  { port }: Pick<Server, 'port'>,
  method: string,
  path: string,
  sent: Sent,
): Promise<Answer> {
  const content = sent.raw ?? (sent.body === undefined ? '' : JSON.stringify(sent.body));
  const headers = {
    ...(content === '' ? {} : { 'content-type': 'application/json' }),
    ...(sent.as === undefined ? {} : { authorization: `Bearer secret-of-${sent.as}` }),
    ...sent.headers,
  };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => (text += part));
    response.on('end', () => {
      const type = response.headers['content-type'] ?? '';
      const body: unknown = type.includes('json') ? JSON.parse(text) : text;
      resolve({ status: response.statusCode ?? 0, type, text, body, headers: response.headers });
    });
  });
  outgoing.on('error', reject);
  outgoing.end(content);
  return promise;
}
