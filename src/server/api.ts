import type { FastifyReply, FastifyRequest } from 'fastify';
import { RollbackError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Actor } from '../domain/command.ts';
import type { Daemon } from '../domain/ports/daemon.ts';
import type { BackupDesk } from '../domain/ports/backups.ts';
import { addBackups } from './backups.ts';
import { addCommands } from './commands.ts';
import { addCredentials } from './credentials.ts';
import { addEvents } from './events/events-route.ts';
import type { Streams } from './events/streams.ts';
import { isFromThisMachine } from './host-names.ts';
import type { Limits } from './limits.ts';
import { addNotifyTest } from './notify-test.ts';
import type { Refusals } from './refusals.ts';
import { addRepeats, type Inbox } from './repeats.ts';
import { addReport } from './report.ts';
import { routeOf, type Api } from './route.ts';
import { includes, localActor, type Keyring } from './tokens.ts';
import { addViews } from './views.ts';

export interface ApiParts {
  readonly daemon: Daemon;
  readonly clock: Clock;
  readonly keys: () => Keyring;
  readonly limits: Limits;
  readonly refusals: Refusals;
  readonly inbox: Inbox;
  readonly streams: Streams;
  /** Absent where no backups are configured. */
  readonly backups?: BackupDesk;
  /** The OpenAPI document as JSON text. */
  readonly document: () => Promise<string>;
}

/** Everything under `/api/v1`: who asks is settled before anything else is looked at. */
export function addApi(api: Api, parts: ApiParts): void {
  const { daemon, clock, keys, streams, inbox } = parts;
  api.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    await letIn(request, reply, parts);
  });
  addRepeats(api, inbox, clock);
  api.setNotFoundHandler(({ method, url }) => {
    throw new RollbackError(
      'NOT_FOUND',
      `there is no ${method} ${pathOf(url)}; docs/api.md lists the routes`,
    );
  });
  addViews(api, daemon);
  addReport(api, daemon);
  addBackups(api, parts.backups);
  addCommands(api, daemon);
  addCredentials(api, daemon);
  addNotifyTest(api, daemon);
  addEvents(api, daemon, streams, ({ actor, headers }) => {
    const now = identify(headers, keys());
    return now?.name === actor.name && includes(now.role, 'viewer');
  });
  addDocument(api, parts.document);
}

async function letIn(request: FastifyRequest, reply: FastifyReply, parts: ApiParts): Promise<void> {
  const { limits, refusals } = parts;
  const keys = parts.keys();
  const actor = identify(request.headers, keys);
  if (actor === null) {
    if (keys.unknown) throw new RollbackError('DAEMON_UNREACHABLE', 'the daemon is starting; ask again');
    refusals.note({ source: request.ip, why: 'unauthorized', asked: routeOf(request) });
    // A token that counts is answered all the same: nobody can lock others out from the same address.
    const waitS = await limits.failed(request);
    if (waitS !== null) throw tooMany('requests without a valid token from this address', waitS);
    void reply.header('www-authenticate', 'Bearer');
    throw new RollbackError('UNAUTHORIZED', 'a valid token is needed: Authorization: Bearer TOKEN');
  }
  request.actor = actor;
  const waitS = await limits.asked(request);
  if (waitS !== null) {
    refusals.note({ source: actor.name, why: 'rate_limited', asked: routeOf(request) });
    throw tooMany(`requests of ${actor.name}`, waitS);
  }
  const role = request.routeOptions.config.role ?? 'viewer';
  if (includes(actor.role, role)) return;
  refusals.note({ source: actor.name, why: 'forbidden', asked: routeOf(request) });
  throw new RollbackError(
    'FORBIDDEN',
    `${actor.name} is ${actor.role}; this needs the role ${role} or above`,
  );
}

/** Without tokens, only who asks on this machine is believed: a proxy hands on what anybody asks. */
function identify(headers: FastifyRequest['headers'], keys: Keyring): Actor | null {
  if (!keys.empty) return keys.bearer(headers.authorization);
  return isFromThisMachine(headers) ? localActor : null;
}

function tooMany(what: string, retryAfterSeconds: number): RollbackError {
  return new RollbackError(
    'RATE_LIMITED',
    `too many ${what} within a minute; ask again in ${retryAfterSeconds} s`,
    { retryAfterSeconds },
  );
}

function addDocument(api: Api, document: () => Promise<string>): void {
  api.get(
    '/openapi.json',
    { config: { role: 'viewer', summary: 'This document', answers: { 200: 'Document' } } },
    async (_, reply) => reply.type('application/json; charset=utf-8').send(await document()),
  );
}

function pathOf(url: string): string {
  return url.split('?')[0]?.slice(0, 200) ?? '';
}
