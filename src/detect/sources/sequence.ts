import { readHeader } from '../../clients/header-value.ts';
import type { HttpAnswer } from '../../clients/http.ts';
import { withoutQuoted } from '../../clients/quoted-secrets.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import type { Subject, Target } from '../../domain/target.ts';
import { render } from '../../domain/template.ts';
import { complaint } from './http-answer.ts';
import type { HttpMeans } from './http.ts';
import { OwnSight } from './own-sight.ts';
import { noAnswer, probeAll, type Saw } from './probing.ts';
import { sequenceOptions, withCaptured, type Sequence, type SequenceStep } from './sequence-options.ts';

const maxBytes = 2 ** 20;
/** A longer value is no token: it would be sent with every later request. */
const mostCaptured = 16 * 2 ** 10;

/**
 * Requests one after the other, where later ones use what earlier ones answered: log in, then ask as whoever that was.
 *
 * A probe that passes when every answer is as expected; else its detail names the first step that is not. What cannot be
 * asked is `error`, as with `http`. Captured values and secrets are never shown.
 */
export function sequenceSource({ clock, ...means }: HttpMeans & { readonly clock: Clock }): Source<Sequence> {
  const sight = new OwnSight(() => clock.now());
  return {
    kind: 'sequence',
    options: sequenceOptions,
    seesDeploys: true,
    signal: () => 'probe',
    unit: () => 'number',
    windowMs: () => 0,
    identity: () => 'http',
    read(options, subjects, signal) {
      const id = options.steps.map(({ method, url }) => `${method} ${url}`).join(', ');
      const probe = (subject: Subject, signal: AbortSignal): Promise<Saw> =>
        walk(options, { ...means, target: subject.target, values: new Map(), secrets: [] }, signal);
      return probeAll({ id, at: clock.now(), sight, probe }, subjects, signal);
    },
  };
}

/** One walk through the steps. */
interface Walk extends HttpMeans {
  readonly target: Target | null;
  readonly values: Map<string, string>;
  /** Whatever must not be told. */
  readonly secrets: string[];
}

async function walk({ steps }: Sequence, walk: Walk, signal: AbortSignal): Promise<Saw> {
  for (const [index, step] of steps.entries()) {
    const { outcome, detail } = await take(step, walk, signal);
    if (outcome === 'passed') continue;
    const told = withoutQuoted(detail, walk.secrets);
    return { outcome, detail: `step ${index + 1} of ${steps.length} (${step.name}): ${told}` };
  }
  const answered = steps.length === 1 ? 'the step' : `all ${steps.length} steps`;
  return { outcome: 'passed', detail: `${answered} answered as expected` };
}

async function take(step: SequenceStep, walk: Walk, signal: AbortSignal): Promise<Saw> {
  const url = withCaptured(render(step.url, walk), walk.values, encodeURIComponent);
  if (url.includes('${'))
    return { outcome: 'own', detail: `${step.url} cannot be filled in for this target` };
  try {
    const { method, timeoutMs } = step;
    const headers = await headersOf(step, walk);
    const body = await bodyOf(step, walk);
    const sent = body === null ? {} : { body };
    const answer = await walk.client.request({
      method,
      url,
      headers,
      timeoutMs,
      maxBytes,
      signal,
      ...sent,
    });
    return judge(step, answer, walk);
  } catch (thrown) {
    return noAnswer(thrown, step.timeoutMs);
  }
}

function judge(step: SequenceStep, answer: HttpAnswer, walk: Walk): Saw {
  const found = Object.entries(step.capture).map(([name, from]) => ({
    name,
    from,
    value: valueAt(answer, from),
  }));
  for (const { value } of found) if (value !== null) hide(walk, value);
  if (complaint(answer, step.expect) !== null) {
    const said = withoutQuoted(answer.body, walk.secrets);
    const wrong = complaint({ ...answer, body: said }, step.expect);
    return { outcome: 'failed', detail: wrong ?? `answered ${answer.status}, but not as expected` };
  }
  for (const { name, from, value } of found) {
    if (value === null)
      return { outcome: 'failed', detail: `answered ${answer.status}, but without ${from} for ${name}` };
    walk.values.set(name, value);
  }
  return { outcome: 'passed', detail: `answered ${answer.status}` };
}

/** A value may come back as it stands in a URL, in JSON, or plain. */
function hide({ secrets }: Walk, value: string): void {
  secrets.push(value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1));
}

async function headersOf({ headers, json }: SequenceStep, walk: Walk): Promise<Record<string, string>> {
  const filled: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(headers)) {
    const text =
      typeof value === 'string'
        ? withCaptured(render(value, walk), walk.values)
        : await readHeader(value, walk.environment);
    if (typeof value !== 'string') hide(walk, text);
    filled[name.toLowerCase()] = text;
  }
  return filled;
}

async function bodyOf({ body, json }: SequenceStep, walk: Walk): Promise<string | null> {
  if (json !== undefined) return JSON.stringify(await filledIn(json, walk));
  return body === null ? null : withCaptured(render(body, walk), walk.values);
}

async function filledIn(value: unknown, walk: Walk): Promise<unknown> {
  if (typeof value === 'string') return withCaptured(render(value, walk), walk.values);
  if (Array.isArray(value)) return Promise.all(value.map((item) => filledIn(item, walk)));
  if (value === null || typeof value !== 'object') return value;
  const reference = referenceIn(value);
  if (reference !== null) {
    const secret = await readHeader(reference, walk.environment);
    hide(walk, secret);
    return secret;
  }
  const members = Object.entries(value).map(
    async ([key, member]) => [key, await filledIn(member, walk)] as const,
  );
  return Object.fromEntries(await Promise.all(members));
}

function referenceIn(value: object): { readonly file: string } | { readonly env: string } | null {
  const [[key, where] = ['', null], ...others] = Object.entries(value) as [string, unknown][];
  if (others.length > 0 || typeof where !== 'string') return null;
  if (key === 'file') return { file: where };
  return key === 'env' ? { env: where } : null;
}

/** A text, number or truth value at a place of an answer; null where there is none, or an endless one. */
function valueAt({ headers, body }: HttpAnswer, from: string): string | null {
  const found = from.startsWith('header:')
    ? headers[from.slice('header:'.length).toLowerCase()]
    : memberAt(body, from);
  if (typeof found !== 'string' && typeof found !== 'number' && typeof found !== 'boolean') return null;
  const text = String(found);
  // A header cannot hold these: one would fail the request with what it holds in the error.
  return text === '' || text.length > mostCaptured || /\p{Cc}/u.test(text) ? null : text;
}

function memberAt(body: string, path: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  for (const [, name, index] of path.matchAll(/\.([A-Za-z_][\w-]*)|\[(\d+)\]/g)) {
    if (value === null || typeof value !== 'object') return null;
    const key = name ?? index ?? '';
    if (Array.isArray(value) !== (index !== undefined) || !Object.hasOwn(value, key)) return null;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
