import { request as ask, type IncomingMessage } from 'node:http';
import { z } from 'zod';
import { RollbackError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { formatDuration, SECOND } from '../domain/time.ts';
import type { GateState, QuiesceRequest } from '../domain/write-gate.ts';
import { guardedLookup, isForbiddenHost } from './address-guard.ts';
import { classify, failureOf, httpError } from './http-failure.ts';

/** Where the control listener of a write gate is: an `http:` address, or the path of a socket. */
export type GateAddress = { readonly url: string } | { readonly socket: string };

/** What a gate answered. `other`: another id holds it; `over`: the hold of this id has ended for good. */
export interface GateReply {
  readonly is: 'done' | 'other' | 'over';
  readonly state: GateState;
}

/** The control listener of a write gate. Everything rejects with a `RollbackError`, `REFUSED` for a wrong token. */
export interface GateControl {
  state(signal: AbortSignal): Promise<GateState>;
  /** Holds writes off, or renews; resolves once writes under way ended or `drainMs` went by. */
  quiesce(request: QuiesceRequest, signal: AbortSignal): Promise<GateReply>;
  /** Lets writes pass. Harmless when that id holds nothing. */
  release(id: string, signal: AbortSignal): Promise<GateReply>;
}

const answerMs = 10 * SECOND;
const mostBytes = 64 * 1_024;
const stateSchema: z.ZodType<GateState> = z.object({
  quiesced: z.boolean(),
  holder: z.string().nullable(),
  until: z.number().nullable(),
  message: z.string().nullable(),
  writesUnderWay: z.number(),
  last: z
    .object({ id: z.string(), at: z.number(), how: z.enum(['released', 'opened by itself']) })
    .nullable(),
  deadManMs: z.number(),
});

export function gateControl(
  address: GateAddress,
  { clock, token }: { readonly clock: Clock; readonly token: string | null },
): GateControl {
  const call = (method: string, path: string, body: object | null, moreMs: number, signal: AbortSignal) =>
    called({ address, token, method, path, body, withinMs: answerMs + moreMs }, clock, signal);
  return {
    async state(signal) {
      return (await call('GET', '/state', null, 0, signal)).state;
    },
    quiesce: (request, signal) => call('PUT', '/quiesce', request, request.drainMs, signal),
    release: (id, signal) => call('DELETE', '/quiesce', { id }, 0, signal),
  };
}

interface Call {
  readonly address: GateAddress;
  readonly token: string | null;
  readonly method: string;
  readonly path: string;
  readonly body: object | null;
  readonly withinMs: number;
}

async function called(call: Call, clock: Clock, signal: AbortSignal): Promise<GateReply> {
  const asked = `${call.method} ${call.path} of the write gate at ${nameOfGate(call.address)}`;
  const abort = new AbortController();
  const cancel = clock.after(call.withinMs, () =>
    abort.abort(httpError('timeout', asked, { detail: `after ${formatDuration(call.withinMs)}` })),
  );
  const giveUp = (): void => abort.abort(httpError('aborted', asked));
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return replyFrom(await answered(call, asked, abort.signal), asked);
  } catch (thrown) {
    if (abort.signal.aborted) throw abort.signal.reason as RollbackError;
    if (thrown instanceof RollbackError || failureOf(thrown) !== null) throw thrown;
    throw httpError(classify(thrown), asked, { cause: thrown });
  } finally {
    cancel();
    signal.removeEventListener('abort', giveUp);
  }
}

async function answered(
  { address, token, method, path, body }: Call,
  asked: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  const sent = body === null ? '' : JSON.stringify(body);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = ask(
    {
      ...whereOf(address, asked),
      agent: false,
      method,
      path,
      signal,
      headers: {
        host: 'write-gate',
        'content-length': Buffer.byteLength(sent),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
    },
    resolve,
  );
  request.on('error', reject);
  request.end(sent);
  const answer = await promise;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw httpError('too_large', asked, { detail: `more than ${mostBytes} bytes` });
    chunks.push(chunk);
  }
  return { status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}

function whereOf(address: GateAddress, asked: string) {
  if ('socket' in address) return { socketPath: address.socket };
  const parsed = URL.parse(address.url);
  if (parsed?.protocol !== 'http:') throw httpError('forbidden', asked, { detail: 'write http://HOST:PORT' });
  if (isForbiddenHost(parsed.hostname)) throw httpError('forbidden', asked, { detail: 'link-local address' });
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  return { host, port: parsed.port === '' ? 80 : Number(parsed.port), lookup: guardedLookup };
}

function replyFrom({ status, text }: { status: number; text: string }, asked: string): GateReply {
  if (status === 401)
    throw new RollbackError(
      'REFUSED',
      `${asked}: the gate does not know the token; compare its --token-file`,
    );
  const state = stateSchema.safeParse(parsed(text)).data;
  if (state !== undefined && status === 200) return { is: 'done', state };
  if (state !== undefined && status === 409) return { is: 'other', state };
  if (state !== undefined && status === 410) return { is: 'over', state };
  if (status === 500)
    throw new RollbackError('UNREACHABLE', `${asked}: the gate could not do it: ${detailOf(text)}`);
  throw new RollbackError(
    'ANSWER_INVALID',
    `${asked}: answered ${status}, which no write gate does: ${detailOf(text)}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function detailOf(text: string): string {
  const said = z.object({ detail: z.string() }).safeParse(parsed(text)).data?.detail ?? 'nothing to read';
  return said.slice(0, 300);
}

/** For people: `http://gate:7391`, or the path of the socket. */
export function nameOfGate(address: GateAddress): string {
  if ('socket' in address) return address.socket;
  const parsed = URL.parse(address.url);
  return parsed === null ? 'an address that is not a URL' : `${parsed.protocol}//${parsed.host}`;
}
