import { z } from 'zod';
import { failureOf, type HttpFailure } from '../../clients/http-failure.ts';
import { publicUrl, type HttpAnswer, type HttpClient } from '../../clients/http.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import type { Finding, Step } from '../../domain/plan.ts';
import { MINUTE } from '../../domain/time.ts';
import type { Variables } from '../../domain/variables.ts';
import { durationOption, msOf } from './duration-option.ts';
import { headerValue, readHeader, type HeaderValue } from '../../clients/header-value.ts';
import { asShell } from './shell-text.ts';

const status = z.number().int().min(100).max(599);
const expected = z.strictObject({
  status: z
    .union([status, z.array(status).min(1)])
    .optional()
    .describe('One or several; any 2xx unless stated'),
  json: z.json().optional().describe('Members that the JSON of the answer must have'),
});
const schema = z
  .strictObject({
    method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE', 'GET']).default('POST').describe('Of the request'),
    url: z.string().min(1).describe('Where it goes'),
    headers: z
      .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'expected the name of a header'), headerValue)
      .default({})
      .describe('Secret values stand in a file or in the environment, and are read when they are sent'),
    json: z.json().optional().describe('Sent as JSON'),
    body: z.string().optional().describe('Sent as it is'),
    timeout: durationOption.default('10s').describe('For the whole request'),
    expect: expected.default({}).describe('Which answer is well'),
    probe: z
      .strictObject({
        url: z.string().min(1).describe('Asked with GET'),
        expect: expected.default({}).describe('As expected: it is done; another answer below 500: it is not'),
      })
      .optional()
      .describe('How to ask whether the request did its work'),
    idempotency_header: z
      .string()
      .min(1)
      .default('Idempotency-Key')
      .describe("Header that carries the effect's id, so that the other side can refuse a repeat"),
  })
  .refine(({ json, body }) => json === undefined || body === undefined, 'state either json or body');
export type HttpOptions = z.output<typeof schema>;

export interface HttpParts {
  readonly http: HttpClient;
  /** The daemon's own environment, for headers given as `{env: NAME}`. */
  readonly environment: Variables;
}

const maxBytes = 256 * 1024;
/** In these cases the request cannot have reached the other side. In all others nobody knows. */
const neverSent: readonly (HttpFailure | null)[] = ['refused', 'dns', 'no_route', 'forbidden'];

/** Calls an address, e.g. of a deployment tool or a load balancer. */
export function httpDriver(parts: HttpParts): Driver<HttpOptions> {
  return {
    kind: 'http',
    effect: 'probe',
    risk: 'disruptive',
    options: schema,
    deadlineMs: 2 * MINUTE,
    needsRelease: false,
    async read(step) {
      const { method, url } = schema.parse(step.options);
      return { identity: `${method} ${url}`, detail: { method, url: publicUrl(url) } };
    },
    preflight: async (step) => findings(schema.parse(step.options), parts),
    describe(step) {
      const { method, url } = schema.parse(step.options);
      return `call ${method} ${publicUrl(url)}`;
    },
    apply: async (step, opId, signal) => call(step, opId, parts, signal),
    probe: async (step, _opId, signal) => ask(step, parts, signal),
    byHand: (step) => [byHand(schema.parse(step.options))],
  };
}

async function findings(options: HttpOptions, parts: HttpParts): Promise<Omit<Finding, 'step'>[]> {
  const found: Omit<Finding, 'step'>[] = [];
  for (const url of [options.url, options.probe?.url].filter((one) => one !== undefined)) {
    const parsed = URL.parse(url);
    if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:')
      found.push({ level: 'refuse', message: `${publicUrl(url)} cannot be called: write http://HOST/PATH` });
    else if (parsed.password !== '')
      found.push({
        level: 'refuse',
        message: `${publicUrl(url)} holds a password; use a header from a file`,
      });
  }
  for (const [name, value] of Object.entries(options.headers))
    await readHeader(value, parts.environment).catch((error: unknown) => {
      found.push({ level: 'refuse', message: `the header ${name} has no value: ${messageOf(error)}` });
    });
  if (options.probe === undefined && options.method !== 'GET')
    found.push({
      level: 'warn',
      message: 'declares no probe: if rollbackd is interrupted while it calls, the incident is handed over',
    });
  return found;
}

async function call(step: Step, opId: string, parts: HttpParts, signal: AbortSignal): Promise<EffectOutcome> {
  const options = schema.parse(step.options);
  const asked = `${options.method} ${publicUrl(options.url)}`;
  const body = options.json === undefined ? options.body : JSON.stringify(options.json);
  try {
    const answer = await parts.http.request({
      method: options.method,
      url: options.url,
      headers: {
        ...(await headersOf(options, parts)),
        [options.idempotency_header]: opId,
        'X-Rollbackd-Op': opId,
      },
      ...(body === undefined ? {} : { body }),
      timeoutMs: msOf(options.timeout),
      maxBytes,
      signal,
    });
    return judge(asked, answer, options.expect);
  } catch (error) {
    return unanswered(asked, error);
  }
}

async function headersOf(options: HttpOptions, { environment }: HttpParts): Promise<Record<string, string>> {
  const read: Record<string, string> =
    options.json === undefined ? {} : { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(options.headers))
    read[name] = await readHeader(value, environment);
  return read;
}

function judge(asked: string, answer: HttpAnswer, expect: HttpOptions['expect']): EffectOutcome {
  const problem = mismatch(answer, expect);
  if (problem === null) return { ended: 'done', detail: `${asked} answered ${answer.status}` };
  // A gateway that lost its server cannot say whether the server had done it.
  if (answer.status === 502 || answer.status === 504)
    throw new RollbackError(
      'EFFECT_UNKNOWN',
      `${asked} answered ${answer.status}; whether it took effect is unknown`,
    );
  return { ended: 'failed', detail: `${asked} ${problem}`, retryable: false };
}

function unanswered(asked: string, error: unknown): EffectOutcome {
  const failure = failureOf(error);
  if (neverSent.includes(failure))
    return { ended: 'failed', detail: messageOf(error), retryable: failure !== 'forbidden' };
  if (failure === null) throw error;
  const code = failure === 'aborted' ? 'ABORTED' : 'EFFECT_UNKNOWN';
  const message = `${messageOf(error)}; whether it took effect is unknown`;
  throw new RollbackError(code, message, { asked, failure }, { cause: error });
}

async function ask(step: Step, parts: HttpParts, signal: AbortSignal): Promise<ProbeAnswer> {
  const options = schema.parse(step.options);
  const { probe } = options;
  // Reading changes nothing, so a GET may simply be repeated.
  if (probe === undefined) return options.method === 'GET' ? 'not_done' : 'unknown';
  try {
    const headers = await headersOf({ ...options, json: undefined }, parts);
    const request = {
      method: 'GET',
      url: probe.url,
      headers,
      timeoutMs: msOf(options.timeout),
      maxBytes,
      signal,
    };
    const answer = await parts.http.request(request);
    if (mismatch(answer, probe.expect) === null) return 'done';
    return answer.status >= 500 ? 'unknown' : 'not_done';
  } catch (error) {
    if (failureOf(error) === 'aborted') throw error;
    return 'unknown';
  }
}

/** What is not as expected; null when all is. */
function mismatch(answer: HttpAnswer, { status: wanted, json }: HttpOptions['expect']): string | null {
  const wantedStatus = wanted === undefined ? 'any 2xx' : [wanted].flat().join(' or ');
  const fits =
    wanted === undefined
      ? answer.status >= 200 && answer.status < 300
      : [wanted].flat().includes(answer.status);
  if (!fits) return `answered ${answer.status}, expected ${wantedStatus}`;
  if (json === undefined || holds(parsed(answer.body), json)) return null;
  return `answered ${answer.status}, but not with ${JSON.stringify(json)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function holds(value: unknown, wanted: unknown): boolean {
  if (wanted === null || typeof wanted !== 'object') return value === wanted;
  if (value === null || typeof value !== 'object' || Array.isArray(value) !== Array.isArray(wanted))
    return false;
  const members = new Map(Object.entries(value));
  return Object.entries(wanted).every(([key, member]) => holds(members.get(key), member));
}

function byHand(options: HttpOptions): string {
  const headers = Object.entries(options.headers).flatMap(([name, value]) => [
    '-H',
    `${name}: ${shown(value)}`,
  ]);
  const body = options.json === undefined ? options.body : JSON.stringify(options.json);
  const type = options.json === undefined ? [] : ['-H', 'content-type: application/json'];
  const data = body === undefined ? [] : ['--data', body];
  return asShell(['curl', '-fsS', '-X', options.method, ...type, ...headers, ...data, options.url]);
}

function shown(value: HeaderValue): string {
  if (typeof value === 'string') return value;
  return 'file' in value ? `<what ${value.file} holds>` : `<what $${value.env} holds>`;
}
