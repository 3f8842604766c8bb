import { z } from 'zod';
import { errorCodes, type ErrorCode } from '../../domain/errors.ts';
import { modes, severities } from '../../domain/rule.ts';
import type { Json } from '../../domain/json.ts';

/** What the answers are made of. Loaded only to describe the API. */

export const text = z.string();
export const flag = z.boolean();
export const count = z.int().min(0);
/** Epoch ms. The daemon's clock goes on between milliseconds. */
export const at = z.number();
export const durationMs = z.number();
export const orNull = <T extends z.ZodType>(schema: T) => z.nullable(schema);
export const textOrNull = orNull(text);
export const atOrNull = orNull(at);
export const severity = z.enum(severities);
export const mode = z.enum(modes);
export const outcome = z.enum(['recovered', 'rolled_back', 'withdrawn', 'handed_over']);
/** Any JSON: what it holds depends on the type of the entry. */
export const json = z.any() as z.ZodType<Json>;

/** Problem details, with our code. */
export const problem = z.object({
  status: z.int().min(400).max(599),
  title: text,
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  detail: text,
});
