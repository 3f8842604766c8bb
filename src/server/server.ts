import { fastify, type FastifyInstance, type RouteOptions } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Token } from '../domain/configuration.ts';
import { RollbackError, messageOf } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Actor } from '../domain/command.ts';
import type { Daemon } from '../domain/ports/daemon.ts';
import type { BackupDesk } from '../domain/ports/backups.ts';
import type { Log } from '../domain/ports/log.ts';
import { addApi } from './api.ts';
import { addHealth } from './health.ts';
import { Streams } from './events/streams.ts';
import { isLoopback, mayAnswer } from './host-names.ts';
import { limits } from './limits.ts';
import { once } from './once.ts';
import { problemOf } from './problems.ts';
import { Refusals } from './refusals.ts';
import type { Inbox } from './repeats.ts';
import { zodCompiler } from './route.ts';
import { keyring, type Keyring, type MadeTokens } from './tokens.ts';

/** Who may do what, for pages that ask for a token themselves. */
export interface Access {
  /** Whose token it is; null when nobody's, or no longer. Takes as long for every answer. */
  whose(token: string): Actor | null;
}

/** Routes outside `/api/v1`, in a scope of their own: hooks, parsers and headers that they add are theirs alone. */
export type Page = (app: FastifyInstance, access: Access) => void;

export interface ServerOptions {
  readonly daemon: Daemon;
  /** Port 0 takes any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** None are needed on a loopback address: then the caller is `local`, an admin. */
  readonly tokens: readonly Token[];
  readonly clock: Clock;
  readonly log?: Log;
  /** Public names under which the API is reached, e.g. behind a proxy that keeps the `Host` header. */
  readonly hosts?: readonly string[];
  /** No token is asked for before they run; the `Host` and `Origin` of each request were looked at. */
  readonly pages?: readonly Page[];
  /** Tokens that were made at run time; null while they are not loaded. None unless given. */
  readonly made?: () => MadeTokens | null;
  readonly inbox: Inbox;
  /** Absent where no backups are configured. */
  readonly backups?: BackupDesk;
  readonly version: string;
}

export interface Server {
  readonly address: string;
  readonly port: number;
  /** Takes over the tokens of a reloaded configuration. */
  useTokens(tokens: readonly Token[]): void;
  /** Stops listening, lets answers under way end for a while, then closes what is left. May be called twice. */
  close(): Promise<void>;
}

const bodyLimitBytes = 64 * 1024;
const requestTimeoutMs = 15_000;
const closeGraceMs = 2_000;

/**
 * Serves the API, the metrics and the health of a daemon over HTTP.
 *
 * @throws RollbackError `CONFIG_INVALID` when it would listen beyond loopback without tokens, or cannot listen
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { daemon, clock, version, inbox, made = () => ({ tokens: [], ever: false }) } = options;
  const { host, port } = options.listen;
  const ring = (configured: readonly Token[]): Keyring =>
    keyring({ configured: safeTokens(configured, host), made, now: () => clock.now() });
  let keys = ring(options.tokens);
  const routes: RouteOptions[] = [];
  const app = build(options, routes);
  addHealth(app, daemon);
  const streams = new Streams(daemon, clock);
  const refusals = new Refusals(daemon, clock);
  app.addHook('preClose', async () => {
    await streams.close();
    refusals.close();
  });
  const document = once(async () => {
    const { openApiDocument } = await import('./openapi/document.ts');
    return openApiDocument({ version, routes });
  });
  await app.register(
    (api, _, done) => {
      const parts = { daemon, clock, limits: limits(), refusals, inbox, streams, document, keys: () => keys };
      const backups = options.backups === undefined ? {} : { backups: options.backups };
      addApi(api.withTypeProvider<ZodTypeProvider>(), { ...parts, ...backups });
      done();
    },
    { prefix: '/api/v1' },
  );
  const access: Access = { whose: (token) => keys.whose(token) };
  for (const page of options.pages ?? [])
    await app.register((scope, _, done) => {
      page(scope, access);
      done();
    });
  await listen(app, host, port);
  const at = app.server.address();
  return {
    ...(at === null || typeof at === 'string'
      ? { address: host, port }
      : { address: at.address, port: at.port }),
    useTokens: (tokens) => {
      keys = ring(tokens);
      streams.check();
    },
    close: () => close(app, options.clock),
  };
}

function safeTokens(tokens: readonly Token[], host: string): readonly Token[] {
  if (tokens.length > 0 || isLoopback(host)) return tokens;
  throw new RollbackError(
    'CONFIG_INVALID',
    `listening on ${host} without tokens would let anybody roll back; configure \`tokens\`, or listen on 127.0.0.1`,
    { host },
  );
}

function build({ listen, log, hosts = [] }: ServerOptions, routes: RouteOptions[]): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: 'idle',
    genReqId: counter(),
    routerOptions: { maxParamLength: 200 },
  });
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(zodCompiler);
  app.addHook('onRoute', (route) => void routes.push(route));
  app.decorateRequest('actor');
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(securityHeaders);
    refuseStrangers(request.headers, listen.host, hosts);
    done();
  });
  app.setErrorHandler(async (error, request, reply) => {
    const problem = problemOf(error, request.id);
    if (problem.code === 'UNEXPECTED')
      log?.error(
        { err: error, request: request.id, url: request.url },
        'an API request met an unexpected fault',
      );
    const waitS = error instanceof RollbackError ? error.facts['retryAfterSeconds'] : undefined;
    if (typeof waitS === 'number') void reply.header('retry-after', String(waitS));
    return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  });
  app.setNotFoundHandler(({ method }) => {
    throw new RollbackError('NOT_FOUND', `there is no such ${method} route; docs/api.md lists them`);
  });
  return app;
}

/** What is answered is for programs: a browser shows nothing of it, runs nothing and keeps nothing. Pages say more. */
const securityHeaders = {
  'rollbackd-api': '1',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** Web pages must not be able to use a browser on this machine as their caller. */
function refuseStrangers(
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  listens: string,
  allowed: readonly string[],
): void {
  if (!mayAnswer(headers.host, listens, allowed))
    throw new RollbackError('FORBIDDEN', 'the Host header names a host that is not answered for here');
  if (headers.origin !== undefined && !sameOrigin(headers.origin, headers.host))
    throw new RollbackError('FORBIDDEN', 'requests from web pages of other origins are not answered');
}

function sameOrigin(origin: string, host: string | undefined): boolean {
  return URL.parse(origin)?.host === host?.toLowerCase();
}

function counter(): () => string {
  let count = 0;
  return () => `q${++count}`;
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw new RollbackError(
      'CONFIG_INVALID',
      `cannot listen on ${host}:${port}: ${messageOf(error)}; another rollbackd may be running, or \`listen\` needs another address`,
      { host, port },
      { cause: error },
    );
  }
}

async function close(app: FastifyInstance, clock: Clock): Promise<void> {
  const cancel = clock.after(closeGraceMs, () => app.server.closeAllConnections());
  try {
    await app.close();
  } finally {
    cancel();
  }
}
