import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Role } from '../domain/configuration.ts';
import { RollbackError } from '../domain/errors.ts';
import type { Actor, CommandAnswer, Daemon } from '../domain/ports/daemon.ts';
import { commandRoutes } from './command-bodies.ts';
import { addEvents } from './events/events-route.ts';
import type { Streams } from './events/streams.ts';
import { includes, localActor, type Keyring } from './tokens.ts';
import { read } from './validation.ts';
import { addViews } from './views.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before any route under `/api/v1` runs. */
    actor: Actor;
  }
  interface FastifyContextConfig {
    /** The least role that may call the route; `viewer` where nothing is said. */
    role?: Role;
  }
}

export interface ApiParts {
  readonly daemon: Daemon;
  readonly keys: () => Keyring;
  readonly streams: Streams;
}

/** Everything under `/api/v1`: who asks is settled before anything else is looked at. */
export function addApi(api: FastifyInstance, { daemon, keys, streams }: ApiParts): void {
  api.addHook('onRequest', (request, reply, done) => {
    request.actor = identify(request, reply, keys());
    authorize(request);
    done();
  });
  api.setNotFoundHandler(({ method, url }) => {
    throw new RollbackError(
      'NOT_FOUND',
      `there is no ${method} ${pathOf(url)}; docs/api.md lists the routes`,
    );
  });
  addViews(api, daemon);
  addCommands(api, daemon);
  addEvents(api, daemon, streams, (request) => stillKnown(request, keys()));
}

/** Whether who opened it would be let in again now. */
function stillKnown({ actor, headers }: FastifyRequest, keys: Keyring): boolean {
  return (keys.empty ? localActor : keys.bearer(headers.authorization))?.name === actor.name;
}

function identify(request: FastifyRequest, reply: FastifyReply, keys: Keyring): Actor {
  if (keys.empty) return localActor;
  const actor = keys.bearer(request.headers.authorization);
  if (actor !== null) return actor;
  void reply.header('www-authenticate', 'Bearer');
  throw new RollbackError('UNAUTHORIZED', 'a valid token is needed: Authorization: Bearer TOKEN');
}

function authorize({ actor, routeOptions }: FastifyRequest): void {
  const { role = 'viewer' } = routeOptions.config;
  if (includes(actor.role, role)) return;
  throw new RollbackError(
    'FORBIDDEN',
    `${actor.name} is ${actor.role}; this needs the role ${role} or above`,
  );
}

function addCommands(api: FastifyInstance, daemon: Daemon): void {
  for (const [name, { role, body }] of Object.entries(commandRoutes)) {
    api.post(`/commands/${name}`, { config: { role } }, async (request, reply) =>
      answer(reply, await daemon.execute(read(body, request.body, 'body'), request.actor)),
    );
  }
  api.post('/commands/reload', { config: { role: 'admin' } }, async (request, reply) => {
    read(z.strictObject({}), request.body, 'body');
    return answer(reply, await daemon.reload());
  });
}

/** A refusal is an answer like any other, told apart by 409. */
function answer(reply: FastifyReply, given: CommandAnswer): CommandAnswer {
  void reply.code(given.accepted ? 200 : 409);
  return given;
}

function pathOf(url: string): string {
  return url.split('?')[0]?.slice(0, 200) ?? '';
}
