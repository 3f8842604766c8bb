import { readHeader } from '../../clients/header-value.ts';
import { failureOf, type HttpFailure } from '../../clients/http-failure.ts';
import type { HttpClient } from '../../clients/http.ts';
import { withoutQuoted } from '../../clients/quoted-secrets.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Subject, Target } from '../../domain/target.ts';
import { render } from '../../domain/template.ts';
import { formatDuration } from '../../domain/time.ts';
import { complaint } from './http-answer.ts';
import { httpOptions, type HttpProbe } from './http-options.ts';
import { OwnSight, type Outcome } from './own-sight.ts';

const maxBytes = 2 ** 20;
/** Probes of one rule that run at the same time. */
const atOnce = 64;

interface Saw {
  readonly outcome: Outcome;
  readonly detail: string;
}

/** What a probe is made with. */
interface Means {
  readonly client: HttpClient;
  /** The daemon's own environment, for headers given as `{env: NAME}`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Probes of health endpoints, one request for each target.
 *
 * A wrong answer, or none from a peer that was reached, is a failed probe. What lies on our side of the wire (names,
 * routes, limits) is `error`; so is everything while no probe of the daemon passes.
 */
export function httpSource({ clock, ...means }: Means & { readonly clock: Clock }): Source<HttpProbe> {
  const sight = new OwnSight(() => clock.now());
  return {
    kind: 'http',
    options: httpOptions,
    seesDeploys: true,
    signal: () => 'probe',
    unit: () => 'number',
    windowMs: () => 0,
    identity: () => 'http',
    async read(options, subjects, signal) {
      const at = clock.now();
      const saws = await inParallel(subjects, (subject) => probe(means, options, subject, signal));
      for (const [subject, { outcome }] of saws) {
        const id = `${subject.name} ${options.method} ${options.url}`;
        const again = async (signal: AbortSignal): Promise<Outcome> =>
          (await probe(means, options, subject, signal)).outcome;
        sight.saw({ id, target: subject.name, again }, outcome);
      }
      const failed = saws.some(([, { outcome }]) => outcome === 'failed');
      const lost = failed ? await sight.lost(at, signal) : null;
      return new Map(saws.map(([{ name }, saw]) => [name, readingOf(saw, at, lost)]));
    },
  };
}

async function inParallel<T>(
  subjects: readonly Subject[],
  look: (subject: Subject) => Promise<T>,
): Promise<readonly (readonly [Subject, T])[]> {
  const seen: (readonly [Subject, T])[] = [];
  const waiting = subjects.values();
  const work = async (): Promise<void> => {
    for (const subject of waiting) seen.push([subject, await look(subject)]);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, subjects.length) }, work));
  return seen;
}

async function probe(
  { client, environment }: Means,
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
    return noAnswer(failureOf(thrown), thrown, options);
  }
}

/** Secrets are fetched when they are sent: a rotated one is in force at the next probe. */
async function headersOf(
  { headers }: HttpProbe,
  target: Target | null,
  environment: Means['environment'],
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

function noAnswer(failure: HttpFailure | null, thrown: unknown, { timeoutMs }: HttpProbe): Saw {
  const detail = messageOf(thrown);
  switch (failure) {
    case 'refused':
      return { outcome: 'failed', detail: 'refused the connection' };
    case 'reset':
      return { outcome: 'failed', detail: 'cut the connection' };
    case 'timeout':
      return { outcome: 'failed', detail: `did not answer within ${formatDuration(timeoutMs)}` };
    case 'tls':
    case 'malformed':
      return { outcome: 'failed', detail };
    case 'dns':
    case 'no_route':
      return { outcome: 'unable', detail };
    case 'local':
    case 'too_large':
    case 'forbidden':
    case 'aborted':
    case null:
      return { outcome: 'own', detail };
  }
}

function readingOf(saw: Saw, at: number, lost: ReadonlySet<string> | null): Reading {
  if (saw.outcome === 'passed') return { kind: 'probe', at, passed: true, detail: saw.detail };
  if (saw.outcome !== 'failed') return { kind: 'unknown', at, why: 'error', detail: saw.detail };
  if (lost === null) return { kind: 'probe', at, passed: false, detail: saw.detail };
  const detail = `${saw.detail}; so does every probe (${lost.size} targets): the trouble may be the daemon's own`;
  return { kind: 'unknown', at, why: 'error', detail };
}
