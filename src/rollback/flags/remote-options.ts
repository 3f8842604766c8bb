import { z } from 'zod';
import { durationOption } from '../drivers/duration-option.ts';
import { headers } from '../quiesce/options.ts';

const at = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((path) => [path].flat())
  .pipe(z.array(z.string()));

/** A flag behind an address. */
export const httpFlag = z.strictObject({
  url: z.string().min(1).describe('Where the flag is written'),
  method: z.enum(['PUT', 'PATCH', 'POST']).default('PUT').describe('Writing twice must be harmless'),
  headers,
  json: z
    .record(z.string(), z.json())
    .default({})
    .describe('Sent as JSON, with the value in its place; nothing but the value without `at`'),
  at: at.optional().describe('Member of the JSON that is the value; a list reaches into maps'),
  value: z.json().describe('What it is set to'),
  read: z
    .strictObject({
      url: z.string().min(1).optional().describe('Asked with GET; the same address unless stated'),
      headers: headers.optional(),
      at: at
        .optional()
        .describe('Member of the answer that is the value; as when it is written unless stated'),
    })
    .default({})
    .describe('How the flag is read, before and after'),
  timeout: durationOption.default('10s').describe('Of each request'),
});
export type HttpFlag = z.output<typeof httpFlag>;

/** A flag in a Redis. */
export const redisFlag = z.strictObject({
  store: z.string().min(1).describe('Name of one of data_stores'),
  key: z.string().min(1).max(512).describe('The key; a text, or a hash where field is stated'),
  field: z.string().min(1).max(512).optional().describe('The field of the hash'),
  value: z.union([z.string(), z.null()]).describe('What it is set to, as text; null takes it out'),
});
export type RedisFlag = z.output<typeof redisFlag>;
