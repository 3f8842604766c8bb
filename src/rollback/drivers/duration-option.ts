import { z } from 'zod';
import { durationPattern, parseDuration } from '../../domain/time.ts';

/** A duration in the options of a step. It stays text, so that options read the same in YAML, plans and the journal. */
export const durationOption = z
  .string({
    error: ({ input }) => `expected a duration such as 90s, 5m or 1h30m, got ${JSON.stringify(input)}`,
  })
  .refine((text) => text.includes('${') || parseDuration(text) !== null, {
    error: ({ input }) => `expected a duration such as 90s, 5m or 1h30m, got ${JSON.stringify(input)}`,
  })
  .meta({ pattern: durationPattern });

/** In ms. */
export function msOf(duration: string): number {
  return parseDuration(duration) ?? 0;
}
