import { timingSafeEqual, createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { messageOf } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { holderPattern, longestMessage } from '../domain/write-gate.ts';
import type { Gate, GateAnswer } from './gate.ts';
import { answerProblem } from './problem.ts';
import type { Tally } from './tally.ts';

export interface ControlParts {
  readonly gate: Gate;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly log: Log;
  /** null where only the file system says who may ask, on a socket. */
  readonly token: string | null;
  readonly drainMs: number;
}

const mostBytes = 16 * 1_024;
const id = z.string().regex(holderPattern, 'expected 1 to 200 printable characters without spaces');
const printable = /^[^\p{Cc}\p{Cf}]*$/u;
const quiesce = z.strictObject({
  id,
  forMs: z.number().int().positive().optional(),
  message: z
    .string()
    .min(1)
    .max(longestMessage)
    .regex(printable, 'expected one line of plain text')
    .nullish(),
  drainMs: z.number().int().min(0).max(600_000).optional(),
});
const release = z.strictObject({ id });

/** The control listener: who holds writes off is asked and said here, never where the service is reached. */
export async function control(
  parts: ControlParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { gate, tally, clock, log } = parts;
  const asked = `${request.method} ${(request.url ?? '').split('?')[0]}`;
  try {
    if (!isAllowed(request, parts.token)) {
      log.warn(
        { from: request.socket.remoteAddress ?? 'socket' },
        `refused ${asked}: the token is not the gate's`,
      );
      return answerProblem(response, {
        status: 401,
        title: 'Unauthorized',
        detail: 'send the token of the gate: Authorization: Bearer TOKEN',
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    switch (asked) {
      case 'GET /state':
        return answer(response, 200, gate.state());
      case 'GET /healthz':
        return answer(response, 200, { status: 'ok' });
      case 'GET /metrics':
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
        return void response.end(tally.exposition(gate, clock.now()));
      case 'PUT /quiesce': {
        const said = quiesce.safeParse(await jsonOf(request));
        if (!said.success) return answerProblem(response, invalid(z.prettifyError(said.error)));
        const { forMs = gate.state().deadManMs, message = null, drainMs = parts.drainMs } = said.data;
        return tell(response, await gate.quiesce({ id: said.data.id, forMs, message, drainMs }));
      }
      case 'DELETE /quiesce': {
        const said = release.safeParse(await jsonOf(request));
        if (!said.success) return answerProblem(response, invalid(z.prettifyError(said.error)));
        return tell(response, await gate.release(said.data.id));
      }
    }
    answerProblem(response, {
      status: 404,
      title: 'Not found',
      detail: 'there are GET /state, PUT /quiesce, DELETE /quiesce, GET /metrics and GET /healthz',
    });
  } catch (error) {
    log.error({}, `${asked}: ${messageOf(error)}`);
    answerProblem(response, { status: 500, title: 'Not done', detail: messageOf(error) });
  }
}

/** Compared in the same time whatever differs; hashes have the same length. */
function isAllowed({ headers, url }: IncomingMessage, token: string | null): boolean {
  if (token === null || url === '/healthz') return true;
  const said = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(said), hash(token));
}

function tell(response: ServerResponse, { is, state, ...more }: GateAnswer): void {
  if (is === 'done') return answer(response, 200, state);
  const why = 'why' in more ? more.why : '';
  answer(response, why === 'held by another' ? 409 : 410, state);
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

function invalid(detail: string): { status: number; title: string; detail: string } {
  return { status: 400, title: 'Bad request', detail };
}

/** undefined when it is none. */
async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
