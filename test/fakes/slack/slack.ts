import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Faults, type Fault } from './faults.ts';
import { failed, methods, type Arguments, type MethodContext } from './methods.ts';
import { clickPayload, commandPayload, type Click, type Typed } from './payloads.ts';
import { commandBody, interactionBody, sign, type SignedRequest, type Signing } from './signing.ts';
import { Sockets, type Sending } from './sockets.ts';
import { Workspace, type WorkspaceOptions } from './workspace.ts';

/** Secrets of the fake app; canaries, so that one that leaks is found. */
export const botToken = 'xoxb-canary-bot-token';
export const appToken = 'xapp-canary-app-token';
export const signingSecret = 'canary-signing-secret';

/** What came to a `response_url`. */
export interface Response {
  readonly user: string;
  readonly body: Record<string, unknown>;
}

/**
 * Slack on loopback: its Web API, its sockets and one channel, driven by the real client libraries. `log` says what
 * was asked of it, one line each: `chat.postMessage`, `users.info U1`, `connected`, `envelope interactive`,
 * `response_url UALICE`, with ` 429`, ` lost`… behind calls that met a fault.
 */
export async function fakeSlack(options: WorkspaceOptions = {}) {
  const workspace = new Workspace(options);
  const faults = new Faults();
  const log: string[] = [];
  const responses: Response[] = [];
  const sockets = new Sockets(log, workspace.app);
  const server = createServer((request, response) => void serve(request, response));
  server.on('upgrade', (request: IncomingMessage, socket, head) => sockets.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;
  const context: MethodContext = {
    workspace,
    url,
    openConnection: () => `ws://${host}${sockets.ticket()}`,
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const call = await callOf(path, request, body);
    const fault = faults.take(call.method);
    log.push(`${call.line}${faultName(fault)}`);
    if (fault === 'hang') return;
    if (fault === 'drop') return void response.destroy();
    if (fault === 'malformed') return answer(response, 200, '<html>we will be back soon</html>');
    if (fault !== null && typeof fault === 'object' && 'hold' in fault) await fault.hold;
    else if (fault !== null && typeof fault === 'object') return answerFault(response, fault);
    const result = call.carryOut();
    if (fault === 'lost') return void response.destroy();
    answer(response, 200, JSON.stringify(result));
  }

  async function callOf(path: string, request: IncomingMessage, body: Buffer) {
    const [, kind = '', name = ''] = path.split('/');
    if (kind === 'response')
      return {
        method: 'response_url',
        line: `response_url ${name}`,
        carryOut: () => {
          responses.push({ user: name, body: JSON.parse(body.toString()) as Record<string, unknown> });
          return { ok: true };
        },
      };
    if (kind === 'upload')
      return {
        method: 'upload',
        line: `upload ${name}`,
        carryOut: () => {
          const upload = workspace.uploads.find(({ id }) => id === name);
          if (upload !== undefined) upload.content = body.toString();
          return { ok: true };
        },
      };
    const args = await argumentsOf(request, body);
    const about = args['usergroup'] ?? (name === 'users.info' ? args['user'] : undefined);
    return {
      method: name,
      line: about === undefined ? name : `${name} ${about}`,
      carryOut: () => {
        const wanted = name === 'apps.connections.open' ? appToken : botToken;
        const token = request.headers.authorization?.replace(/^Bearer /, '') ?? args['token'];
        if (token !== wanted) return failed(token === undefined ? 'not_authed' : 'invalid_auth');
        return methods[name]?.(context, args) ?? failed('unknown_method');
      },
    };
  }

  return {
    workspace,
    faults,
    log,
    responses,
    sockets,
    url,
    /** For `SlackApp.apiUrl`. */
    apiUrl: `${url}/api/`,
    person: workspace.person.bind(workspace),
    clickPayload: (click: Click) => clickPayload(workspace, url, click),
    commandPayload: (typed: Typed) => commandPayload(workspace, url, typed),
    /** Clicks, over the socket. */
    click: (click: Click, sending?: Sending) =>
      sockets.send('interactive', clickPayload(workspace, url, click), sending),
    /** Types a command, over the socket. */
    type: (typed: Typed, sending?: Sending) =>
      sockets.send('slash_commands', commandPayload(workspace, url, typed), sending),
    /** A click as a signed request. */
    signedClick: (click: Click, signing: Partial<Signing> = {}): SignedRequest =>
      sign(interactionBody(clickPayload(workspace, url, click)), signingOf(signing)),
    /** A command as a signed request. */
    signedCommand: (typed: Typed, signing: Partial<Signing> = {}): SignedRequest =>
      sign(commandBody(commandPayload(workspace, url, typed)), signingOf(signing)),
    /** How often a method was called, faults included. */
    calls: (method: string) => log.filter((line) => line.split(' ')[0] === method).length,
    /** What one person was told alone, by whichever way, oldest first. */
    toldTo: (user: string) => [
      ...workspace.whispers.filter((whisper) => whisper.user === user).map(({ text }) => text),
      ...responses.filter((response) => response.user === user).map(({ body }) => String(body['text'])),
    ],
    [Symbol.asyncDispose]: async () => {
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function signingOf({ secret = signingSecret, at = workspace.now() }: Partial<Signing>): Signing {
    return { secret, at };
  }
}

export type FakeSlack = Awaited<ReturnType<typeof fakeSlack>>;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Forms, multipart forms and JSON; what is no text in JSON becomes its JSON, as the client does in forms. */
async function argumentsOf(request: IncomingMessage, body: Buffer): Promise<Arguments> {
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) {
    const members = Object.entries(JSON.parse(body.toString()) as Record<string, unknown>);
    return Object.fromEntries(
      members.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
    );
  }
  const form = type.startsWith('multipart/')
    ? await new globalThis.Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
    : new URLSearchParams(body.toString());
  return Object.fromEntries(
    [...form.entries()].map(([key, value]) => [key, typeof value === 'string' ? value : '']),
  );
}

function faultName(fault: Fault | null): string {
  if (fault === null) return '';
  if (typeof fault === 'string') return ` ${fault}`;
  if ('status' in fault) return ` ${fault.status}`;
  return 'error' in fault ? ` ${fault.error}` : ' held';
}

function answerFault(response: ServerResponse, fault: Exclude<Fault, string | { hold: unknown }>): void {
  if ('error' in fault) return answer(response, 200, JSON.stringify(failed(fault.error)));
  const { status, retryAfterSeconds, body = '' } = fault;
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
  answer(response, status, body);
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(body);
}
