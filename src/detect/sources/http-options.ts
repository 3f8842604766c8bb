import { z } from 'zod';
import { headerValue, type HeaderValue } from '../../clients/header-value.ts';
import { SECOND } from '../../domain/time.ts';
import { duration } from './schema.ts';

/** One probe: what is asked, and which answer is well. */
export interface HttpProbe {
  readonly url: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS';
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  readonly body: string | null;
  readonly expect: {
    /** null: any from 200 to 299. */
    readonly statuses: readonly number[] | null;
    /** Members that the JSON of the answer must have. */
    readonly json?: unknown;
    /** Text that the answer must contain. */
    readonly body: string | null;
  };
}

/** The longest that one probe may take: less than what detection waits for a whole read. */
const longestMs = 30 * SECOND;

const url = z.string().refine((text) => /^(\$\{|https?:\/\/)/.test(text), {
  error: 'expected a URL that begins with http://, https:// or ${target.address}',
});

const status = z.int().min(100).max(599);

const written = z.strictObject({
  url: url.describe('Where it goes'),
  method: z.enum(['GET', 'HEAD', 'POST', 'OPTIONS']).default('GET').describe('Of the request'),
  timeout: duration({ min: 1, max: longestMs })
    .default(2 * SECOND)
    .describe('For the whole probe; 2s unless stated'),
  headers: z.record(z.string(), headerValue).default({}).describe('Name to text or secret'),
  body: z.string().optional().describe('Sent as it is'),
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
});

/** `http:` as written in a rule or a check. */
export const httpOptions: z.ZodType<HttpProbe> = written.transform(({ timeout, body, expect, ...probe }) => ({
  ...probe,
  timeoutMs: timeout,
  body: body ?? null,
  expect: {
    statuses: expect.status === undefined ? null : [expect.status].flat(),
    ...(expect.json === undefined ? {} : { json: expect.json }),
    body: expect.body ?? null,
  },
}));
