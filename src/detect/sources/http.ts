import { readHeader } from '../../clients/header-value.ts';
import type { HttpClient } from '../../clients/http.ts';
import { withoutQuoted } from '../../clients/quoted-secrets.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import type { Subject, Target } from '../../domain/target.ts';
import { render } from '../../domain/template.ts';
import type { Variables } from '../../domain/variables.ts';
import { complaint } from './http-answer.ts';
import { httpOptions, type HttpProbe } from './http-options.ts';
import { OwnSight } from './own-sight.ts';
import { noAnswer, probeAll, type Saw } from './probing.ts';

const maxBytes = 2 ** 20;

/** What a probe is made with. */
export interface HttpMeans {
  readonly client: HttpClient;
  /** The daemon's own environment, for headers given as `{env: NAME}`. */
  readonly environment: Variables;
}

/**
 * Probes of health endpoints, one request for each target.
 *
 * A wrong answer, or none from a peer that was reached, is a failed probe. What lies on our side of the wire (names,
 * routes, limits) is `error`; so is everything while no probe of the daemon passes.
 */
export function httpSource({ clock, ...means }: HttpMeans & { readonly clock: Clock }): Source<HttpProbe> {
  const sight = new OwnSight(() => clock.now());
  return {
    kind: 'http',
    options: httpOptions,
    seesDeploys: true,
    signal: () => 'probe',
    unit: () => 'number',
    windowMs: () => 0,
    identity: () => 'http',
    read(options, subjects, signal) {
      const id = `${options.method} ${options.url}`;
      const once = (subject: Subject, signal: AbortSignal): Promise<Saw> =>
        probe(means, options, subject, signal);
      return probeAll({ id, at: clock.now(), sight, probe: once }, subjects, signal);
    },
  };
}

async function probe(
  { client, environment }: HttpMeans,
  options: HttpProbe,
  { target }: Subject,
  signal: AbortSignal,
): Promise<Saw> {
  const url = render(options.url, { target });
  if (url.includes('${'))
    return { outcome: 'own', detail: `${options.url} cannot be filled in for this target` };
  try {
    const { method, timeoutMs } = options;
    const headers = await headersOf(options, target, environment);
    const body = options.body === null ? {} : { body: render(options.body, { target }) };
    const answer = await client.request({ method, url, headers, timeoutMs, maxBytes, signal, ...body });
    if (complaint(answer, options.expect) === null)
      return { outcome: 'passed', detail: `answered ${answer.status}` };
    const said = withoutQuoted(answer.body, secretsAmong(headers, options));
    const wrong = complaint({ ...answer, body: said }, options.expect);
    return { outcome: 'failed', detail: wrong ?? `answered ${answer.status}, but not as expected` };
  } catch (thrown) {
    return noAnswer(thrown, options.timeoutMs);
  }
}

/** Secrets are fetched when they are sent: a rotated one is in force at the next probe. */
async function headersOf(
  { headers }: HttpProbe,
  target: Target | null,
  environment: HttpMeans['environment'],
): Promise<Record<string, string>> {
  const filled: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    filled[name] = await readHeader(
      typeof value === 'string' ? render(value, { target }) : value,
      environment,
    );
  return filled;
}

function secretsAmong(headers: Record<string, string>, options: HttpProbe): string[] {
  const references = Object.entries(options.headers).filter(([, value]) => typeof value !== 'string');
  return references.map(([name]) => headers[name] ?? '');
}
