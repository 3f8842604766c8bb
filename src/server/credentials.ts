import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { roles } from '../domain/configuration.ts';
import type { CommandAnswer, Daemon } from '../domain/ports/daemon.ts';
import { DAY } from '../domain/time.ts';
import { answer } from './commands.ts';
import { about, type Api } from './route.ts';
import { word } from './words.ts';

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be a name of letters, digits, dashes and underscores');
const newToken = z.strictObject({
  name,
  role: z.enum(roles),
  forMs: z
    .number()
    .int()
    .min(1000)
    .max(10 * 366 * DAY)
    .nullable()
    .optional()
    .default(null),
});
const newCode = z.strictObject({ incident: word, name: word, role: z.enum(['approver', 'dba', 'admin']) });
const ofToken = z.object({ name: word });

/** Tokens and one-time codes: made, listed, revoked. For admins. */
export function addCredentials(api: Api, daemon: Daemon): void {
  api.get(
    '/tokens',
    {
      config: about('Tokens that were made', 'Tokens', { role: 'admin' }),
    },
    () => daemon.tokens(),
  );
  api.post(
    '/tokens',
    {
      schema: { body: newToken },
      config: about('Make a token; its secret is in this answer only', 'MadeToken', secretOfAdmins),
    },
    async ({ body, actor }, reply) => made(reply, await daemon.makeToken(body, actor)),
  );
  const revoking = about('Revoke a token', 'CommandAnswer', { role: 'admin', refuses: true });
  api.post(
    '/tokens/:name/revoke',
    { schema: { params: ofToken, body: z.strictObject({}) }, config: revoking },
    async ({ params, actor }, reply) => answer(reply, await daemon.revokeToken(params.name, actor)),
  );
  api.delete(
    '/tokens/:name',
    { schema: { params: ofToken }, config: revoking },
    async ({ params, actor }, reply) => answer(reply, await daemon.revokeToken(params.name, actor)),
  );
  api.post(
    '/codes',
    {
      schema: { body: newCode },
      config: about('Make a one-time code for one open question', 'MadeCode', secretOfAdmins),
    },
    async ({ body, actor }, reply) => made(reply, await daemon.makeCode(body, actor)),
  );
}

const secretOfAdmins = { role: 'admin', refuses: true, secret: true } as const;

function made<Made extends object>(
  reply: FastifyReply,
  given: Made | { readonly refused: string },
): Made | CommandAnswer {
  if (!('refused' in given)) return given;
  return answer(reply, { accepted: false, message: given.refused, incident: null });
}
