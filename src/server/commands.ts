import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { CommandAnswer, Daemon } from '../domain/ports/daemon.ts';
import { commandRoutes } from './command-bodies.ts';
import { about, type Api } from './route.ts';

/** `POST commands/NAME`: everything that people do to the daemon. */
export function addCommands(api: Api, daemon: Daemon): void {
  for (const [name, { role, summary, body }] of Object.entries(commandRoutes))
    api.post(
      `/commands/${name}`,
      { schema: { body }, config: about(summary, 'CommandAnswer', { role, refuses: true }) },
      async (request, reply) => answer(reply, await daemon.execute(request.body, request.actor)),
    );
  api.post(
    '/commands/reload',
    {
      schema: { body: z.strictObject({}) },
      config: about('Read the configuration again', 'CommandAnswer', { role: 'admin', refuses: true }),
    },
    async (_, reply) => answer(reply, await daemon.reload()),
  );
}

/** A refusal is an answer like any other, told apart by 409. */
export function answer(reply: FastifyReply, given: CommandAnswer): CommandAnswer {
  void reply.code(given.accepted ? 200 : 409);
  return given;
}
