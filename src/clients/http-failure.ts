import { RollbackError, type ErrorCode } from '../domain/errors.ts';

/**
 * Why a request brought no answer.
 *
 * - `refused`, `reset`, `timeout`, `tls`, `malformed`: the other side, or the way to it, did not do its part.
 * - `dns`, `no_route`, `local`: we could not even ask.
 * - `too_large`, `forbidden`, `aborted`: we did not want to.
 */
export type HttpFailure =
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'tls'
  | 'malformed'
  | 'dns'
  | 'no_route'
  | 'local'
  | 'too_large'
  | 'forbidden'
  | 'aborted';

/** The words a failure is told in, after `GET http://…: `. */
const told: Record<HttpFailure, string> = {
  refused: 'the connection was refused',
  reset: 'the connection was cut',
  timeout: 'no complete answer in time',
  tls: 'the TLS handshake failed',
  malformed: 'the answer is not HTTP',
  dns: 'the name could not be resolved',
  no_route: 'there is no route to it',
  local: 'this machine could not open a connection',
  too_large: 'the answer is too large',
  forbidden: 'the address may not be called',
  aborted: 'the request was given up',
};

const errorCode: Record<HttpFailure, ErrorCode> = {
  refused: 'UNREACHABLE',
  reset: 'ABORTED',
  timeout: 'TIMED_OUT',
  tls: 'UNREACHABLE',
  malformed: 'ANSWER_INVALID',
  dns: 'UNREACHABLE',
  no_route: 'UNREACHABLE',
  local: 'UNREACHABLE',
  too_large: 'ANSWER_TOO_LARGE',
  forbidden: 'REFUSED',
  aborted: 'ABORTED',
};

/** The failure of a request as an error; `facts.failure` holds its word. */
export function httpError(
  failure: HttpFailure,
  asked: string,
  { detail, cause }: { readonly detail?: string; readonly cause?: unknown } = {},
): RollbackError {
  const more = detail === undefined ? '' : ` (${detail})`;
  const options = cause === undefined ? undefined : { cause };
  return new RollbackError(errorCode[failure], `${asked}: ${told[failure]}${more}`, { failure }, options);
}

/** The word of a failed request; null for any other error. */
export function failureOf(thrown: unknown): HttpFailure | null {
  if (!(thrown instanceof RollbackError)) return null;
  const { failure } = thrown.facts;
  return typeof failure === 'string' && failure in told ? (failure as HttpFailure) : null;
}

const byCode: Readonly<Record<string, HttpFailure>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  ERR_STREAM_PREMATURE_CLOSE: 'reset',
  ETIMEDOUT: 'timeout',
  EPROTO: 'tls',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  EAI_NONAME: 'dns',
  EHOSTUNREACH: 'no_route',
  ENETUNREACH: 'no_route',
  EHOSTDOWN: 'no_route',
  ENETDOWN: 'no_route',
  EACCES: 'no_route',
  EPERM: 'no_route',
  FORBIDDEN_ADDRESS: 'forbidden',
  HPE_HEADER_OVERFLOW: 'too_large',
};

/** OpenSSL's verdicts on certificates, beside those that begin with `CERT_` or `ERR_TLS_`. */
const certificate =
  /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_)/;

/** Classifies what the network stack said. What it does not know is a trouble of this machine, not of the other side. */
export function classify(thrown: unknown): HttpFailure {
  const attempts = attemptsOf(thrown);
  // With several addresses for one name, one that answers with a refusal says more than one that has no route.
  const found = attempts.map(({ code }) => (code === undefined ? null : byError(code)));
  const worth: readonly HttpFailure[] = ['refused', 'tls', 'reset', 'timeout'];
  return worth.find((failure) => found.includes(failure)) ?? found.find((one) => one !== null) ?? 'local';
}

function byError(code: string): HttpFailure | null {
  const known = byCode[code];
  if (known !== undefined) return known;
  if (certificate.test(code)) return 'tls';
  return code.startsWith('HPE_') || code.startsWith('Z_') ? 'malformed' : null;
}

/** The system's own errors inside of whatever wraps them. */
function attemptsOf(thrown: unknown, depth = 0): { readonly code?: string }[] {
  if (!(thrown instanceof Error) || depth > 4) return [];
  const inner = thrown instanceof AggregateError ? thrown.errors : [thrown.cause];
  const found = inner.flatMap((one) => attemptsOf(one, depth + 1));
  if (found.length > 0) return found;
  const code = (thrown as { readonly code?: unknown }).code;
  return typeof code === 'string' ? [{ code }] : [];
}
