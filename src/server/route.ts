import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  FastifySchemaCompiler,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Role } from '../domain/configuration.ts';
import type { Actor } from '../domain/command.ts';
import type { answers } from './openapi/answers.ts';
import { usageIn } from './validation.ts';

/** Name of an answer in `openapi/answers.ts`. Only its type is known here: schemas of answers are not loaded at a start. */
export type AnswerName = keyof typeof answers;

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before any route under `/api/v1` runs. */
    actor: Actor;
  }
  interface FastifyContextConfig {
    /** The least role that may call the route; null: no token is needed. */
    role?: Role | null;
    /** One line for the OpenAPI document. A route without it is not part of the API. */
    summary?: string;
    /** By status: an answer as JSON, media types of texts, or several. Problems need not be listed. */
    answers?: Readonly<Record<number, AnswerName | readonly (AnswerName | `text/${string}`)[]>>;
    /** Its answer holds a secret: it is not kept for repeats. */
    secret?: boolean;
  }
}

/** An app whose routes say with zod schemas what they take. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What a route under `/api/v1` says of itself. A viewer may call it unless it says more. */
export function about(
  summary: string,
  answer: AnswerName,
  more: { readonly role?: Role; readonly refuses?: true; readonly secret?: true } = {},
) {
  const { role = 'viewer', refuses, secret } = more;
  return {
    role,
    summary,
    answers: { 200: answer, ...(refuses === undefined ? {} : { 409: 'CommandAnswer' as const }) },
    ...(secret === undefined ? {} : { secret }),
  };
}

/** Checks params, query and body with the route's zod schemas, and hands on what they make of them. */
export const zodCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const what = httpPart === 'querystring' ? 'query' : (httpPart ?? 'request');
  return (sent: unknown) => {
    const read = schema.safeParse(sent);
    return read.success ? { value: read.data } : { error: usageIn(read.error, what) };
  };
};

/** `POST /api/v1/commands/halt`: the route, never what the caller made up. */
export function routeOf({ method, routeOptions }: FastifyRequest): string {
  return routeOptions.url === undefined ? `${method} of no route` : `${method} ${routeOptions.url}`;
}
