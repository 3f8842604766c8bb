import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Daemon } from '../../domain/ports/daemon.ts';
import type { Api } from '../route.ts';
import { usageIn } from '../validation.ts';
import { noIncident } from '../views.ts';
import { whole, word } from '../words.ts';
import type { Streams } from './streams.ts';

const eventsQuery = z.strictObject({ after: whole.optional(), incident: word.optional() });

/** `GET events`: the journal as it grows, as server-sent events. */
export function addEvents(
  api: Api,
  daemon: Pick<Daemon, 'entries'>,
  streams: Streams,
  allowed: (request: FastifyRequest) => boolean,
): void {
  api.get(
    '/events',
    {
      exposeHeadRoute: false,
      schema: { querystring: eventsQuery },
      config: {
        role: 'viewer',
        summary: 'The journal as it grows: one server-sent event an entry, resumed by Last-Event-ID',
        answers: { 200: ['text/event-stream'] },
      },
    },
    async (request, reply) => {
      const { after, incident = null } = request.query;
      const from = resumedAfter(request) ?? after;
      if (incident !== null && (await daemon.entries({ incident, limit: 1 })).length === 0)
        throw noIncident(incident);
      streams.admit();
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
  );
}

/** Where a client says it stands that comes back. */
function resumedAfter(request: { readonly headers: FastifyRequest['headers'] }): string | undefined {
  const sent = whole.optional().safeParse(request.headers['last-event-id'] || undefined);
  if (sent.success) return sent.data;
  throw usageIn(sent.error, 'Last-Event-ID');
}
