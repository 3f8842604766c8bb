import { z } from 'zod';
import type { Configuration } from '../domain/configuration.ts';
import type { Secret } from '../domain/secret.ts';
import { SECOND } from '../domain/time.ts';
import { dockerShape, prometheusShape } from './main-shapes.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { httpUrlProblem } from './scalars.ts';
import { resolveSecret, secretReference } from './secrets.ts';

/** `prometheus:`, where metrics are read from. */
export async function readPrometheus(
  place: Place,
  context: ReadingContext,
): Promise<Configuration['prometheus']> {
  if (place.value === undefined) return null;
  const { url, timeout, fallback } = place.fields(prometheusShape);
  const headers = await readHeaders(place.at('headers'), context);
  if (url !== undefined && URL.parse(url)?.search !== '')
    place.at('url').problem('must not hold a query (?…)');
  return {
    url: (url ?? '').replace(/\/+$/, ''),
    timeoutMs: timeout ?? 5 * SECOND,
    headers,
    fallback: fallback ?? null,
  };
}

/** Headers whose values are secrets. */
export async function readHeaders(place: Place, context: ReadingContext): Promise<Record<string, Secret>> {
  const headers: Record<string, Secret> = {};
  for (const [name, at] of place.entries('headers by name')) {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) at.problem('is not the name of a header', 'key');
    if (/^(host|connection|content-length|transfer-encoding|upgrade|te|trailer)$/i.test(name))
      at.problem('is set by the connection itself', 'key');
    const twin = Object.keys(headers).find((other) => other.toLowerCase() === name.toLowerCase());
    if (twin !== undefined) at.problem(`is the header ${twin} again`, 'key');
    const reference = at.read(secretReference);
    const secret = reference === undefined ? null : await resolveSecret(at, reference, context);
    if (secret !== null) headers[name] = secret;
  }
  return headers;
}

/** `docker:`, by a socket or through a proxy. `tcp://` is what Docker's own tools call `http://`. */
export function readDocker(place: Place): Configuration['docker'] {
  if (place.value === undefined) return null;
  const { socket, url, compose } = place.fields(dockerShape);
  const program = compose === undefined ? {} : { compose };
  if (place.value === null || typeof place.value !== 'object') return null;
  if (place.has('socket') === place.has('url')) place.problem('expected one of socket or url', 'key');
  if (socket !== undefined) return { socket, ...program };
  if (url === undefined) return null;
  const problem = httpUrlProblem(url, ['http:', 'https:', 'tcp:']);
  if (problem !== null) place.at('url').problem(problem);
  return { url: url.replace(/^tcp:/, 'http:').replace(/\/+$/, ''), ...program };
}

/** `public_url:`, under which people's browsers reach the API, without a final slash. */
export function readPublicUrl(place: Place): string | null {
  const written = place.value === undefined ? undefined : place.read(z.string());
  if (written === undefined) return null;
  const problem = httpUrlProblem(written, ['https:', 'http:'], null);
  if (problem !== null) place.problem(problem);
  if (/[?]/.test(written)) place.problem('must not hold a query (?…)');
  return written.replace(/\/+$/, '');
}
