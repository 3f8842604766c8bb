import { z } from 'zod';
import { headerValue } from '../../clients/header-value.ts';
import { longestMessage } from '../../domain/write-gate.ts';
import { durationOption } from '../drivers/duration-option.ts';

const absolute = z.string().regex(/^(\/|\$\{)/, 'expected an absolute path');
const address = z.string().min(1);
const status = z.number().int().min(100).max(599);
const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'] as const;
const reference = z.union([
  z.strictObject({ file: z.string().min(1).describe('Path of a file that holds it') }),
  z.strictObject({ env: z.string().min(1).describe('Name of a variable that holds it') }),
]);
/** Headers of a request; secrets are references. */
export const headers = z
  .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'expected the name of a header'), headerValue)
  .default({})
  .describe('Secret values stand in a file or in the environment');

const gate = z
  .strictObject({
    url: address.optional().describe("Of the gate's control listener: http://HOST:PORT"),
    socket: absolute.optional().describe('Or the path of its socket'),
    token: reference.optional().describe("Where the gate's token stands"),
    drain: durationOption.default('30s').describe('How long writes that are under way are waited for'),
    message: z
      .string()
      .min(1)
      .max(longestMessage)
      .optional()
      .describe("What writers are told; the gate's own message unless stated"),
  })
  .refine(({ url, socket }) => (url === undefined) !== (socket === undefined), 'state either url or socket');

const call = z
  .strictObject({
    url: address.describe('Where it goes'),
    method: z.enum(methods).default('POST').describe('Of the request'),
    headers,
    json: z.json().optional().describe('Sent as JSON'),
    body: z.string().optional().describe('Sent as it is'),
  })
  .refine(({ json, body }) => json === undefined || body === undefined, 'state either json or body');
export type HttpCall = z.output<typeof call>;

const http = z.strictObject({
  set: call.describe('Holds writes off; doing so twice must be harmless'),
  release: call.describe('Lets them pass again; doing so twice must be harmless'),
  read: z
    .strictObject({
      url: address.describe('Asked with GET'),
      headers,
      expect: z
        .strictObject({
          status: status.optional().describe('200 unless stated'),
          json: z.json().optional().describe('Members that the JSON of the answer must have'),
        })
        .default({})
        .describe('The answer while writes are held off; any other below 500 means that they pass'),
    })
    .describe('Tells whether writes are held off'),
});

const redis = z.strictObject({
  store: z.string().min(1).describe('Name of one of data_stores'),
  key: z.string().min(1).max(512).describe('Is there while writes are held off; it expires with the lease'),
  value: z.string().min(1).optional().describe("What it holds; the effect's id unless stated"),
});

const file = z.strictObject({
  path: absolute.describe('Is there while writes are held off; it must lie inside one of file_roots'),
  content: z.string().optional().describe("What it holds; the effect's id unless stated"),
});

const env = z.strictObject({
  file: absolute.describe('A dotenv file inside one of file_roots'),
  key: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'expected the name of a variable')
    .describe('Set while writes are held off'),
  value: z.string().default('true').describe('What it is set to; afterwards it is as it was'),
  restart: z
    .strictObject({ container: z.string().min(1).describe('Name of the container') })
    .describe(
      'What reads the file when it starts: restarted after each change, and waited for until it is healthy',
    ),
});

const probe = z.strictObject({
  url: address.describe('A write that must be refused; choose one that does no harm if it is not'),
  method: z.enum(methods).default('POST').describe('Of the request'),
  headers,
  json: z.json().optional().describe('Sent as JSON'),
  body: z.string().optional().describe('Sent as it is'),
  refused: z
    .array(status)
    .min(1)
    .default([503])
    .describe('Which answers say that writes are held off; 401 or 404 would not'),
});
export type WriteProbe = z.output<typeof probe>;

/** Options of `write.quiesce`. */
export const quiesceOptions = z
  .strictObject({
    gate: gate.optional().describe('A `rollbackd write-gate` in front of the service'),
    http: http.optional().describe('A switch of the service itself, or of what stands in front of it'),
    redis: redis.optional().describe('A key that the service looks for'),
    file: file.optional().describe('A file that the service looks for'),
    env: env.optional().describe('A variable that the service reads when it starts'),
    lease: durationOption
      .default('5m')
      .describe('Of gate and redis: how long writes stay held off if nobody renews; renewed all the time'),
    timeout: durationOption.default('10s').describe('Of each request of http and probe'),
    probe: probe.optional().describe('Finds a writer that heeds nothing of it, before anything is destroyed'),
  })
  .refine(
    ({ gate, http, redis, file, env }) =>
      [gate, http, redis, file, env].filter((one) => one !== undefined).length === 1,
    'state exactly one of gate, http, redis, file and env',
  );
export type QuiesceOptions = z.output<typeof quiesceOptions>;
