import swagger from '@fastify/swagger';
import { fastify, type RouteOptions } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from './answers.ts';
import type { AnswerName } from '../route.ts';

/** What is described: the routes of a server as it added them. */
export interface Described {
  readonly version: string;
  readonly routes: readonly RouteOptions[];
}

/**
 * The OpenAPI 3.1 document of an API, as JSON text.
 *
 * The routes are added once more to an app that never listens: so none of this is loaded, and no hook runs, where
 * nobody asks for it.
 */
export async function openApiDocument({ version, routes }: Described): Promise<string> {
  const schemaRegistry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(answers)) schemaRegistry.add(schema, { id });
  const app = fastify();
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'rollbackd',
        version,
        description:
          'Metrics-driven automatic rollback. Instants are epoch milliseconds, durations milliseconds.',
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: createJsonSchemaTransform({ schemaRegistry }),
    transformObject: createJsonSchemaTransformObject({ schemaRegistry }),
  });
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
  for (const route of routes.filter(isOfApi)) app.route(asDescribed(route));
  await app.ready();
  const document = app.swagger() as Document;
  await app.close();
  return JSON.stringify({
    ...document,
    components: { ...document.components, schemas: answersOnly(document) },
  });
}

interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

/** Pages for people are left out. */
function isOfApi({ url, method, config }: RouteOptions): boolean {
  return method !== 'HEAD' && (url.startsWith('/api/') || config?.summary !== undefined);
}

function asDescribed({ method, url, schema = {}, config = {} }: RouteOptions): RouteOptions {
  const { params, querystring, body } = schema;
  const asked = { params, querystring, body };
  const { summary, role = 'viewer', answers: own = {} } = config;
  if (summary === undefined) throw new Error(`${String(method)} ${url} does not say what it is`);
  return {
    method,
    url,
    exposeHeadRoute: false,
    schema: {
      ...Object.fromEntries(Object.entries(asked).filter(([, part]) => part !== undefined)),
      summary,
      tags: [tagOf(url)],
      security: role === null ? [] : [{ token: [] }],
      ...(role === null ? {} : { description: `Needs the role ${role} or above.` }),
      response: { ...Object.fromEntries(Object.entries(own).map(answerAs)), ...problems(url, role !== null) },
    },
    handler: () => null,
  };
}

function answerAs([status, given]: [string, AnswerName | readonly string[]]): [string, object] {
  const content = Object.fromEntries([given].flat().map(contentOf));
  const problem = status === '409' ? { 'application/problem+json': { schema: answers.Problem } } : {};
  return [
    status,
    { description: status === '200' ? 'The answer' : 'Refused', content: { ...content, ...problem } },
  ];
}

function contentOf(answer: string): [string, { schema: z.ZodType }] {
  const schema = (answers as Readonly<Record<string, z.ZodType>>)[answer];
  return schema === undefined ? [answer, { schema: z.string() }] : ['application/json', { schema }];
}

/** Whatever goes wrong is a problem. */
function problems(url: string, guarded: boolean): Readonly<Record<string, object>> {
  const described: Readonly<Record<string, string>> = {
    '4XX': 'What was sent is wrong, or may not be',
    '5XX': 'A fault of rollbackd, or something that it needs does not answer',
  };
  if (!guarded && !url.startsWith('/api/')) return {};
  return Object.fromEntries(
    Object.entries(described).map(([status, description]) => [
      status,
      { description, content: { 'application/problem+json': { schema: answers.Problem } } },
    ]),
  );
}

function tagOf(url: string): string {
  return /^\/api\/v1\/([a-z]+)/.exec(url)?.[1] ?? 'health';
}

/** The library describes each schema twice, as it is sent and as it is answered. Answers are only answered. */
function answersOnly({ components }: Document): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(components?.schemas ?? {}).filter(([name]) => name in answers));
}
