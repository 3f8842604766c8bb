import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { RollbackError } from '../../domain/errors.ts';
import type { Daemon } from '../../domain/ports/daemon.ts';
import { read } from '../validation.ts';
import type { Streams } from './streams.ts';

const whole = z.string().regex(/^\d{1,15}$/, 'must be a whole number');
export const eventsQuery = z.strictObject({
  after: whole.optional(),
  incident: z.string().min(1).max(200).optional(),
});

/** `GET events`: the journal as it grows, as server-sent events. */
export function addEvents(
  api: FastifyInstance,
  daemon: Daemon,
  streams: Streams,
  allowed: (request: FastifyRequest) => boolean,
): void {
  api.route({
    method: 'GET',
    url: '/events',
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const { after, incident = null } = read(eventsQuery, request.query, 'query');
      const resumed = read(whole.optional(), request.headers['last-event-id'], 'Last-Event-ID');
      if (incident !== null) await mustExist(daemon, incident);
      streams.admit();
      const from = resumed ?? after;
      reply.hijack();
      reply.raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        // Proxies that keep answers back until they are whole would keep this one for ever.
        'x-accel-buffering': 'no',
      });
      streams.open({
        out: reply.raw,
        incident,
        after: from === undefined ? null : Number(from),
        allowed: () => allowed(request),
      });
    },
  });
}

async function mustExist(daemon: Daemon, incident: string): Promise<void> {
  const [first] = await daemon.entries({ incident, limit: 1 });
  if (first !== undefined) return;
  throw new RollbackError(
    'NOT_FOUND',
    `there is no incident ${incident}; \`rollbackd incidents\` lists them`,
    {
      incident,
    },
  );
}
