import { request as ask, ServerResponse, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { endToEnd, forwarded } from './headers.ts';
import { answerProblem } from './problem.ts';
import type { Tally } from './tally.ts';
import type { TrafficParts } from './traffic.ts';

/**
 * Whether a request may turn its connection into something else, e.g. a WebSocket. HTTP inside of it would pass the
 * gate unseen, so a change to another version of HTTP is left out, and the request is an ordinary one.
 */
export function mayUpgrade({ method, headers }: IncomingMessage): boolean {
  const bodiless = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
  return method === 'GET' && bodiless && !/\bh2c?\b|http/i.test(headers.upgrade ?? '');
}

/** A request that asks for an upgrade, and its connection. */
export interface Raised {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came behind the request already. */
  readonly head: Buffer;
}

/** Lets the service decide on an upgrade; once it agreed, bytes pass untouched in both directions. */
export function tunnel(parts: TrafficParts, { request, socket, head }: Raised, signal: AbortSignal): void {
  const { upstream, tally, clock, answerWithinMs } = parts;
  const close = (): void => void socket.destroy();
  socket.on('error', close);
  const call = ask({
    // A connection that becomes something else goes back to no pool.
    agent: false,
    host: upstream.host,
    port: upstream.port,
    method: 'GET',
    path: request.url ?? '/',
    headers: [...forwarded(request), 'Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''],
    setHost: false,
  });
  const abort = (): void => {
    call.destroy();
    socket.destroy();
  };
  const overdue = clock.after(answerWithinMs, abort);
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => {
    overdue();
    signal.removeEventListener('abort', abort);
    call.destroy();
  });
  call.on('error', () => {
    overdue();
    refuse(request, socket);
  });
  call.once('upgrade', (answer, service, rest) => {
    overdue();
    tally.count('read', 'passed');
    join({ request, socket, head }, { answer, service, rest }, tally);
  });
  call.once('response', (answer) => {
    overdue();
    // The service declined: its answer is an ordinary one, and the connection ends with it.
    const response = responseOn(request, socket);
    response.writeHead(
      answer.statusCode ?? 502,
      answer.statusMessage,
      endToEnd(answer.rawHeaders, answer.headers.connection),
    );
    tally.count('read', 'passed');
    answer.pipe(response);
    answer.on('error', close);
  });
  call.end();
}

/** From here on both sides speak as they like. */
function join(
  { request, socket, head }: Raised,
  {
    answer,
    service,
    rest,
  }: { readonly answer: IncomingMessage; readonly service: Duplex; readonly rest: Buffer },
  tally: Tally,
): void {
  const close = (): void => void socket.destroy();
  tally.tunnels += 1;
  socket.once('close', () => {
    tally.tunnels -= 1;
    service.destroy();
  });
  service.on('error', close);
  service.once('close', close);
  const protocol = answer.headers.upgrade ?? request.headers.upgrade ?? '';
  socket.write(headOf(answer, ['Connection', 'Upgrade', 'Upgrade', protocol]));
  if (rest.length > 0) socket.write(rest);
  if (head.length > 0) service.write(head);
  service.pipe(socket);
  socket.pipe(service);
}

function headOf(
  { statusCode, statusMessage, rawHeaders, headers }: IncomingMessage,
  own: readonly string[],
): string {
  const raw = [...endToEnd(rawHeaders, headers.connection), ...own];
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let index = 0; index < raw.length; index += 2) lines.push(`${raw[index]}: ${raw[index + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function refuse(request: IncomingMessage, socket: Duplex): void {
  if (socket.destroyed) return;
  answerProblem(responseOn(request, socket), {
    status: 502,
    title: 'Bad gateway',
    detail: 'the service behind the gate could not be asked',
  });
}

function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.sendDate = false;
  response.assignSocket(socket as never);
  response.once('finish', () => socket.end());
  return response;
}
