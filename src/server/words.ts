import { z } from 'zod';

/** Words that more than one route takes. */

const oneLine = /^\P{Cc}*$/u;
const control = 'must be one line without control characters';

export const word = z.string().min(1).max(200).regex(oneLine, control);
export const key = z.string().trim().min(1).max(200).regex(oneLine, control);
export const optionalWord = word.nullable().optional().default(null);
export const note = z.string().max(500).regex(oneLine, control).optional().default('');
/** A whole number in a query. */
export const whole = z.string().regex(/^\d{1,15}$/, 'must be a whole number');
/** How many rows, in a query. */
export const limit = (usual: string) =>
  whole
    .optional()
    .default(usual)
    .transform(Number)
    .refine((rows) => rows >= 1 && rows <= 1000, 'must be from 1 to 1000');
