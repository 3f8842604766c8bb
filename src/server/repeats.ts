import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RollbackError } from '../domain/errors.ts';
import { digest } from '../domain/json.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Store } from '../domain/ports/store.ts';

/** Where what was asked is kept until its answer is known. */
export type Inbox = Pick<Store, 'receive' | 'answered'>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Its key in the inbox, from when the request was stored until its answer is. */
    repeatKey: string | null;
  }
}

/** What came of a request, as its row keeps it. */
type Came =
  | { readonly came: 'answer'; readonly status: number; readonly type: string; readonly text: string }
  /** It held a secret. */
  | { readonly came: 'secret' };
type Kept =
  | Came
  /** Nothing happened: the same request may try again. */
  | { readonly came: 'nothing' };

const source = 'api';

/**
 * Carries out an action once under its `Idempotency-Key`: the request is stored before it acts, its answer after; a
 * repeat gets the same answer. What was stored and never answered is not tried again: nobody knows what came of it.
 */
export function addRepeats(api: FastifyInstance, inbox: Inbox, clock: Clock): void {
  const underWay = new Set<string>();
  api.decorateRequest('repeatKey', null);
  api.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request);
    if (key === null) return;
    if (underWay.has(key)) throw inDoubt('it is still being carried out');
    underWay.add(key);
    try {
      const before = await receive(inbox, clock, request, key);
      if (before === null) request.repeatKey = key;
      else await replay(reply, before);
    } finally {
      if (request.repeatKey === null) underWay.delete(key);
    }
  });
  // Also runs when whoever asked has gone away.
  api.addHook('onSend', async (request, reply, payload) => {
    const { repeatKey: key } = request;
    if (key === null) return payload;
    request.repeatKey = null;
    try {
      const kept = keptOf(request, reply, payload);
      if (kept !== null) await inbox.answered({ source, key }, kept);
    } finally {
      underWay.delete(key);
    }
    return payload;
  });
}

/** The name of the caller is part of it: nobody meets the keys of others. */
function keyOf({ method, headers, actor, is404 }: FastifyRequest): string | null {
  const sent = headers['idempotency-key'];
  if (sent === undefined || method === 'GET' || method === 'HEAD' || is404) return null;
  if (typeof sent === 'string' && /^[\x21-\x7e]{1,200}$/.test(sent))
    return JSON.stringify([actor.name, sent]);
  throw new RollbackError(
    'USAGE',
    'Idempotency-Key: must be 1 to 200 visible ASCII characters without spaces',
  );
}

/** @returns what came of the request before; null when it is to be carried out now */
async function receive(
  inbox: Inbox,
  clock: Clock,
  { method, url, body }: FastifyRequest,
  key: string,
): Promise<Came | null> {
  const payload = { request: digest({ method, url, body }) };
  const [before = null] = await inbox.receive([{ source, key, at: clock.now(), payload }]);
  if (before === null) return null;
  if (digest(before.payload) !== digest(payload))
    throw new RollbackError(
      'REPEAT_DIFFERS',
      'this Idempotency-Key came with another request before; use a new key for each action',
    );
  const kept = before.answer as Kept | null;
  if (kept === null) throw inDoubt('the daemon ended while it was carried out');
  if (kept.came !== 'nothing') return kept;
  // From here on something may happen again, and nobody knows what until it is answered.
  await inbox.answered({ source, key }, null);
  return null;
}

async function replay(reply: FastifyReply, kept: Came): Promise<void> {
  if (kept.came === 'secret')
    throw inDoubt('it was carried out, and its answer held a secret that is shown once');
  await reply
    .code(kept.status)
    .headers({ 'content-type': kept.type, 'idempotent-replay': 'true' })
    .send(kept.text);
}

function keptOf({ routeOptions }: FastifyRequest, reply: FastifyReply, payload: unknown): Kept | null {
  const { statusCode: status } = reply;
  if (status === 503) return { came: 'nothing' };
  if (status >= 500 || typeof payload !== 'string') return null;
  if (status < 300 && routeOptions.config.secret === true) return { came: 'secret' };
  return { came: 'answer', status, type: String(reply.getHeader('content-type')), text: payload };
}

function inDoubt(why: string): RollbackError {
  return new RollbackError(
    'REPEAT_UNKNOWN',
    `a request with this Idempotency-Key came before, and its answer cannot be given: ${why}; look at what it was to do, then ask anew under another key if need be`,
  );
}
