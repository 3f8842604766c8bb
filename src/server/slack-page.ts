import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Interactions, SignedRequest } from '../domain/ports/interactions.ts';
import type { Page } from './server.ts';

/** Requests that may wait for the store at once; Slack is told to come again beyond that. */
const mostAtOnce = 200;
const bodyLimitBytes = 64 * 1024;

/** `POST /slack/interactions` and `/slack/commands`: bodies stay bytes until their signature was verified. */
export function slackPage(interactions: Interactions): Page {
  let running = 0;
  const take = async (kind: SignedRequest['kind'], request: FastifyRequest, reply: FastifyReply) => {
    if (running >= mostAtOnce) return reply.code(429).header('retry-after', '1').send('');
    running += 1;
    try {
      const { status, body } = await interactions.receive({
        kind,
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        signature: only(request.headers['x-slack-signature']),
        timestamp: only(request.headers['x-slack-request-timestamp']),
      });
      return await reply.code(status).type('text/plain; charset=utf-8').send(body);
    } finally {
      running -= 1;
    }
  };
  return (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyLimitBytes }, (_, body, done) => {
      done(null, body);
    });
    app.post('/slack/interactions', (request, reply) => take('interactions', request, reply));
    app.post('/slack/commands', (request, reply) => take('commands', request, reply));
  };
}

/** A header that came twice is nobody's. */
function only(header: string | readonly string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}
