import { z } from 'zod';
import { headerValue, type HeaderValue } from '../../clients/header-value.ts';
import { formatDuration, SECOND } from '../../domain/time.ts';
import type { HttpProbe } from './http-options.ts';
import { duration } from './schema.ts';

/** One request of a sequence, and what later ones need of its answer. */
export interface SequenceStep {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  readonly body: string | null;
  /** Sent as JSON; `{file: …}` and `{env: …}` anywhere in it stand for what lies there. */
  readonly json?: unknown;
  readonly timeoutMs: number;
  readonly expect: HttpProbe['expect'];
  /** Where the value of each name lies in the answer: `$.a.b[0]`, or `header:NAME`. */
  readonly capture: Readonly<Record<string, string>>;
}

/** The steps, in their order. */
export interface Sequence {
  readonly steps: readonly SequenceStep[];
}

/** The longest that a whole sequence may take: less than what detection waits for a read. */
const longestMs = 30 * SECOND;
const mostSteps = 20;

const status = z.int().min(100).max(599);
const place = z.string().regex(/^(?:\$(?:\.[A-Za-z_][\w-]*|\[\d{1,6}\])+|header:[\w!#$%&'*+.^`|~-]+)$/, {
  error: 'expected a place such as $.access_token, $.items[0].id or header:Location',
});

const written = z
  .strictObject({
    name: z.string().min(1).max(80).optional().describe('For people; method and path unless stated'),
    method: z
      .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      .default('GET')
      .describe('Of the request'),
    url: z
      .string()
      .regex(/^(\$\{|https?:\/\/)/, {
        error: 'expected a URL that begins with http://, https:// or ${target.address}',
      })
      .refine((url) => !/^(?:https?:\/\/)?[^/?#]*\$\{capture\./.test(url), {
        error: 'an answer must not say which server is asked next; use ${capture.NAME} behind the address',
      })
      .describe('Where it goes; ${capture.NAME} is what an earlier step captured'),
    headers: z
      .record(z.string(), headerValue)
      .default({})
      .describe('Name to text, with ${capture.NAME} in it, or secret'),
    json: z.json().optional().describe('Sent as JSON; { file: PATH } and { env: NAME } in it are secrets'),
    body: z.string().optional().describe('Sent as it is'),
    timeout: duration({ min: 1, max: longestMs })
      .default(5 * SECOND)
      .describe('For this request; 5s unless stated'),
    expect: z
      .strictObject({
        status: z
          .union([status, z.array(status).min(1)])
          .optional()
          .describe('One or several; 200 to 299 unless stated'),
        json: z.json().optional().describe('Members that the JSON of the answer must have'),
        body: z.string().min(1).optional().describe('Text that the answer must contain'),
      })
      .default({})
      .describe('Which answer is well'),
    capture: z
      .record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'expected a name of a-z, 0-9 and _'), place)
      .default({})
      .describe('Name to a place in the answer: $.access_token, $.items[0].id or header:NAME'),
  })
  .refine(({ json, body }) => json === undefined || body === undefined, 'state either json or body');

/** `sequence:` as written in a rule or a check. */
export const sequenceOptions: z.ZodType<Sequence> = z
  .strictObject({
    steps: z.array(written).min(1).max(mostSteps).describe('Requests, one after the other'),
  })
  .superRefine(({ steps }, context) => {
    const known = new Set<string>();
    for (const [index, step] of steps.entries()) {
      for (const word of capturesIn([step.url, step.headers, step.json, step.body]))
        if (!known.has(word))
          context.addIssue({
            code: 'custom',
            path: ['steps', index],
            message: `uses capture.${word}, which no earlier step captures`,
          });
      for (const name of Object.keys(step.capture)) known.add(name);
    }
    const all = steps.reduce((sum, { timeout }) => sum + timeout, 0);
    if (all > longestMs)
      context.addIssue({
        code: 'custom',
        path: ['steps'],
        message: `may take ${formatDuration(all)} with all timeouts added up, more than ${formatDuration(longestMs)}`,
      });
  })
  .transform(({ steps }) => ({
    steps: steps.map(({ name, timeout, body, json, expect, ...step }) => ({
      ...step,
      name: name ?? step.method,
      timeoutMs: timeout,
      body: body ?? null,
      ...(json === undefined ? {} : { json }),
      expect: {
        statuses: expect.status === undefined ? null : [expect.status].flat(),
        ...(expect.json === undefined ? {} : { json: expect.json }),
        body: expect.body ?? null,
      },
    })),
  }));

const captured = /\$\{capture\.([^}]*)\}/g;

function capturesIn(value: unknown): string[] {
  if (typeof value === 'string') return [...value.matchAll(captured)].map(([, name = '']) => name);
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(capturesIn);
}

/** Fills captured values into a text. */
export function withCaptured(
  text: string,
  values: ReadonlyMap<string, string>,
  as: (value: string) => string = (value) => value,
): string {
  return text.replace(captured, (whole, name: string) => {
    const value = values.get(name);
    return value === undefined ? whole : as(value);
  });
}
