import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApprovalPageEvent } from '../../domain/access.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Daemon } from '../../domain/ports/daemon.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import { problemOf } from '../problems.ts';
import type { Page as ServedPage } from '../server.ts';
import type { AnsweringParts } from './answering.ts';
import type { Page } from './page.ts';

export interface ApprovalPageParts {
  readonly daemon: Pick<Daemon, 'asked' | 'execute' | 'useCode' | 'refusedAccess'>;
  readonly vault: Pick<Vault, 'sign'>;
  readonly clock: Clock;
  readonly environment: string;
  /** Under which browsers ask for the page; null where only the address is known that the daemon listens on. */
  readonly publicUrl: string | null;
  readonly count?: (event: ApprovalPageEvent) => void;
  readonly log?: Log;
}

const bodyLimitBytes = 8 * 1024;

type LinkRoute = { Params: { link: string } };

/**
 * The page behind a signed link: GET shows the question, POST takes an answer with a token or a one-time code. What
 * makes the page is loaded when the first link is opened.
 */
export function approvalPage(given: ApprovalPageParts): ServedPage {
  return (app, access) => {
    let parts: AnsweringParts | null = null;
    const ready = async (): Promise<AnsweringParts> => {
      const { Attempts } = await import('./attempts.ts');
      return (parts ??= { count: () => {}, ...given, access, attempts: new Attempts(given.clock) });
    };
    takeForms(app);
    app.get<LinkRoute>('/approve/:link', async ({ params: { link }, query }, reply) => {
      const { look } = await import('./answering.ts');
      const confirming = typeof query === 'object' && query !== null && 'confirm' in query;
      return send(reply, await look(await ready(), link, confirming));
    });
    app.post<LinkRoute>('/approve/:link', { bodyLimit: bodyLimitBytes }, async (request, reply) => {
      const { take } = await import('./answering.ts');
      const { body, ip: address, params } = request;
      const { link } = params;
      const page = await take(await ready(), {
        link,
        address,
        body,
        fromOwnPage: fromOwnPage(request, given),
      });
      // Relative, so that a proxy may serve us under a path of its own. Asked again by GET, a reload sends nothing twice.
      return page === null ? reply.code(303).header('location', `./${link}`).send() : send(reply, page);
    });
    answerInPages(app, given);
  };
}

/** Forms only: other sites cannot make a browser send anything else without asking first. */
function takeForms(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) => {
    done(null, new URLSearchParams(body.toString()));
  });
}

/** Browsers name the origin of a form; where one does not, it has to say that the page was our own. */
function fromOwnPage(
  { headers }: FastifyRequest,
  { publicUrl }: Pick<ApprovalPageParts, 'publicUrl'>,
): boolean {
  const { origin, 'sec-fetch-site': site, host = '' } = headers;
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return site === 'same-origin';
  const known = publicUrl === null ? null : URL.parse(publicUrl);
  // Where TLS ends is known of the public name only: a page that came over plain HTTP could be anybody's.
  const own = known?.host === host.toLowerCase() ? [known.origin] : [`http://${host}`, `https://${host}`];
  return own.includes(origin);
}

function answerInPages(app: FastifyInstance, { log }: ApprovalPageParts): void {
  app.setErrorHandler(async (error, request, reply) => {
    const { plainPage } = await import('./page.ts');
    const { status, title, code, detail } = problemOf(error, request.id);
    // The path is the link, which whoever reads the log must not be able to open.
    if (code === 'UNEXPECTED')
      log?.error({ err: error, request: request.id }, 'an approval page met an unexpected fault');
    return send(reply, plainPage(status, title, `Nothing was decided: ${detail}.`));
  });
}

async function send(reply: FastifyReply, page: Page): Promise<FastifyReply> {
  const { htmlOf, pageHeaders } = await import('./page.ts');
  return reply.code(page.status).headers(pageHeaders).send(htmlOf(page));
}
