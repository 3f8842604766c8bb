import { failureOf } from '../clients/http-failure.ts';
import type { HttpClient } from '../clients/http.ts';
import { RollbackError } from '../domain/errors.ts';
import { HOUR, SECOND } from '../domain/time.ts';

/** One JSON body to be posted. */
export interface JsonPost {
  readonly http: HttpClient;
  /** May be a secret: it stands in no error. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What is posted to, for errors: `the webhook pager`. */
  readonly to: string;
  /** Wall clock, epoch ms: some say until when to wait by date. */
  readonly wall: number;
  readonly signal: AbortSignal;
}

const timeoutMs = 10 * SECOND;
/** Of the answer, of which only the status counts. */
const maxBytes = 1024 * 1024;

/**
 * Posts once; the outbox repeats. Resolves when the other side took it.
 *
 * Rejects with `UNREACHABLE` when it should be tried again, with `facts.retryAfterMs` where the other side said when;
 * with `REFUSED` when it will not be taken as it is; with `ABORTED` when the signal ended it.
 */
export async function postJson(post: JsonPost): Promise<void> {
  const { to, wall } = post;
  const answer = await answered(post);
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return;
  const said = `${to} answered HTTP ${status}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const retryAfterMs = retryAfter(headers['retry-after'], wall);
    throw new RollbackError(
      'UNREACHABLE',
      `${said}; it will be posted again`,
      retryAfterMs === null ? { status } : { status, retryAfterMs },
    );
  }
  const why = status >= 300 && status < 400 ? 'redirects are not followed' : 'it does not take the message';
  throw new RollbackError('REFUSED', `${said}: ${why}; check its address and secret`, { status });
}

async function answered(post: JsonPost) {
  const { http, url, headers, body, signal, to } = post;
  try {
    return await http.request({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', ...headers },
      body,
      timeoutMs,
      maxBytes,
      signal,
    });
  } catch (error) {
    if (signal.aborted)
      throw new RollbackError('ABORTED', `interrupted while posting to ${to}; it will be posted again`);
    throw unanswered(to, error);
  }
}

/** The client's own errors hold the address, so only their kind goes on. */
function unanswered(to: string, error: unknown): RollbackError {
  const failure = failureOf(error);
  if (failure === 'forbidden' || failure === 'too_large')
    return new RollbackError('REFUSED', `${to} cannot be posted to: ${failure.replace('_', ' ')}`, {
      failure,
    });
  return new RollbackError(
    'UNREACHABLE',
    `${to} could not be reached (${failure?.replace('_', ' ') ?? 'no answer'}); it will be posted again`,
    { failure },
  );
}

/** `Retry-After` in seconds or as a date; null when it says nothing that can be read. */
export function retryAfter(header: string | undefined, wall: number): number | null {
  if (header === undefined) return null;
  const written = header.trim();
  if (/^\d{1,6}$/.test(written)) return Number(written) * SECOND;
  const at = written.endsWith('GMT') ? Date.parse(written) : Number.NaN;
  return Number.isNaN(at) ? null : Math.min(Math.max(0, at - wall), HOUR);
}
